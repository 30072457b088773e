"""The one Great Expectations expectation that all rules are checked by.

Importing this module imports Great Expectations (seconds): import it inside functions.
"""

from __future__ import annotations

from typing import Any, ClassVar

from great_expectations.expectations import UnexpectedRowsExpectation

ROWS_METRIC = "unexpected_rows_query.table"


class ExpectNoFailingRows(UnexpectedRowsExpectation):
    """`UnexpectedRowsExpectation` for a query that counts its own failures (`Rule.query`).

    The library's class runs every query a second time to count its rows; ours carries the exact
    count, so one run is enough, and small deliveries are judged in half the time.
    """

    metric_dependencies: ClassVar[tuple[str, ...]] = (ROWS_METRIC,)

    def _validate(
        self,
        metrics: dict[str, Any],
        runtime_configuration: dict[str, Any] | None = None,
        execution_engine: Any = None,
    ) -> dict[str, Any]:
        rows = metrics[ROWS_METRIC]
        failed_count = rows[0]["failed_count"] if rows else 0
        return {
            "success": not rows,
            "result": {"observed_value": failed_count, "details": {"unexpected_rows": rows}},
        }
