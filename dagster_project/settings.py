"""Where things lie. Nothing here reads the environment at import; call :func:`load_settings`.

Does not belong here: anything that opens, reads or writes a file.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

PROJECT_ROOT = Path(__file__).resolve().parents[1]


@dataclass(frozen=True)
class Settings:
    """All paths of one data root. ``root`` is ``data/`` of the project, or ``CCHC_DATA``."""

    root: Path

    @property
    def inbox(self) -> Path:
        """Export files as units send them."""
        return self.root / "inbox"

    @property
    def layouts(self) -> Path:
        """Layouts of export files that the province has written itself, one YAML file each."""
        return self.root / "layouts"

    @property
    def landing(self) -> Path:
        """Typed Parquet per source, with ``_rejected``, ``_flags`` and ``_deliveries`` beside."""
        return self.root / "landing"

    @property
    def warehouse(self) -> Path:
        """Folder of the DuckDB file, the build plan and the build lock."""
        return self.root / "warehouse"

    @property
    def warehouse_file(self) -> Path:
        """The DuckDB file; dbt alone writes it."""
        return self.warehouse / "cchc.duckdb"

    @property
    def published(self) -> Path:
        """One immutable folder per build, and the pointer ``CURRENT``."""
        return self.root / "published"

    @property
    def dagster_home(self) -> Path:
        """Dagster's own storage."""
        return self.root / "dagster"

    @property
    def reference(self) -> Path:
        """Reference files shipped with the project (not under ``CCHC_DATA``)."""
        return PROJECT_ROOT / "data" / "reference"

    @property
    def dbt_project(self) -> Path:
        """The dbt project folder."""
        return PROJECT_ROOT / "dbt"


class DataRootError(Exception):
    """A data root that cannot be used. The message is one Vietnamese sentence."""


def load_settings(root: str | os.PathLike[str] | None = None) -> Settings:
    """Settings for ``root``, else ``CCHC_DATA``, else ``data/`` of the project.

    Raises DataRootError for a path with characters that mean something else to SQL and dbt.
    """
    chosen = Path(root or os.environ.get("CCHC_DATA") or PROJECT_ROOT / "data").expanduser().resolve()
    strange = sorted(set(str(chosen)) & set("*?[]{}'\"\\"))
    if strange:
        raise DataRootError(
            f"Thư mục dữ liệu «{chosen}» có ký tự không dùng được: {' '.join(strange)}. "
            "Hãy đổi tên thư mục hoặc đặt CCHC_DATA sang thư mục khác."
        )
    return Settings(root=chosen)
