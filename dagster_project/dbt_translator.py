"""How dbt nodes appear in Dagster: key and group are the folder (schema), sources are the landed assets."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dagster_dbt import DagsterDbtTranslator


class WarehouseTranslator(DagsterDbtTranslator):
    """Keys stay dagster-dbt's own (`[schema, name]`, `[source, table]`); the group is the schema."""

    def get_group_name(self, dbt_resource_props: Mapping[str, Any]) -> str:
        """The dbt schema, which is the layer."""
        return dbt_resource_props["schema"]
