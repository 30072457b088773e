"""The ledger: one JSON record per landed delivery. A delivery without its record does not exist.

Does not belong here: deciding whether a file lands (``load``).
"""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass, field
from pathlib import Path

from dagster_project.settings import Settings


@dataclass(frozen=True)
class Delivery:
    """One landed file. ``rows_read = rows_accepted + rows_rejected + rows_ignored`` always.

    ``data_from_date``/``data_until_date`` are ISO days over the contract's observed columns, None when the
    delivery has none; ``landed_at`` is ISO local time and the only field taken from a clock.
    ``landed_parquet_sha256`` vouches for the file on disk. Landing the same large file twice gives the same
    rows in the same order, but row groups may be cut elsewhere (threads), so do not use it as an identity.
    """

    delivery_id: str
    source_code: str
    layout_code: str
    layout_hash: str
    contract_hash: str
    file_name: str
    file_size: int
    file_sha256: str
    sheet_name: str | None
    rows_read: int
    rows_accepted: int
    rows_rejected: int
    rows_ignored: int
    unused_columns: list[str]
    withheld_columns: list[str]
    absent_columns: list[str]
    authority_codes: list[str]
    data_from_date: str | None
    data_until_date: str | None
    landed_parquet_sha256: str
    landed_at: str
    rule_results: list[dict] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Refuse a record that loses or invents a row."""
        if self.rows_read != self.rows_accepted + self.rows_rejected + self.rows_ignored:
            raise ValueError(
                f"rows are not conserved: read {self.rows_read}, accepted {self.rows_accepted}, "
                f"rejected {self.rows_rejected}, ignored {self.rows_ignored}"
            )


def landed_path(settings: Settings, source: str, delivery_id: str) -> Path:
    """Typed rows of one delivery."""
    return settings.landing / source / f"{delivery_id}.parquet"


def rejected_path(settings: Settings, source: str, delivery_id: str) -> Path:
    """Rejected rows of one delivery; the file exists only when there are some."""
    return settings.landing / "_rejected" / source / f"{delivery_id}.parquet"


def record_path(settings: Settings, delivery_id: str) -> Path:
    """The delivery record, written last."""
    return settings.landing / "_deliveries" / f"{delivery_id}.json"


def read_delivery(settings: Settings, delivery_id: str) -> Delivery | None:
    """The record of one delivery, or None when it has not landed."""
    path = record_path(settings, delivery_id)
    if not path.exists():
        return None
    return Delivery(**json.loads(path.read_text(encoding="utf-8")))


def list_deliveries(settings: Settings) -> list[Delivery]:
    """Every landed delivery, by source and then delivery id (a total order without clocks)."""
    folder = settings.landing / "_deliveries"
    found = [Delivery(**json.loads(path.read_text(encoding="utf-8"))) for path in sorted(folder.glob("*.json"))]
    return sorted(found, key=lambda delivery: (delivery.source_code, delivery.delivery_id))


def write_delivery(settings: Settings, delivery: Delivery, work: Path) -> None:
    """Write the record in ``work`` and move it into the ledger: this is the commit of the delivery."""
    text = json.dumps(asdict(delivery), ensure_ascii=False, indent=1, sort_keys=True)
    staged = work / f"{delivery.delivery_id}.json"
    with staged.open("w", encoding="utf-8") as handle:
        handle.write(text + "\n")
        handle.flush()
        os.fsync(handle.fileno())
    target = record_path(settings, delivery.delivery_id)
    target.parent.mkdir(parents=True, exist_ok=True)
    staged.replace(target)
