"""Published builds: folders that never change, and the pointer that says which one is served."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

from dagster_project.publishing.errors import BuildError
from dagster_project.settings import Settings

POINTER = "CURRENT"
MANIFEST = "manifest.json"


@dataclass(frozen=True)
class PublishedBuild:
    """One published build as its manifest tells it. ``published_at`` is the folder's own time, for listings only."""

    build_id: str
    as_of_date: date
    folder: Path
    manifest: dict
    is_current: bool
    published_at: datetime

    @property
    def row_count(self) -> int:
        """Rows over all published tables."""
        return sum(table["rows"] for table in self.manifest["tables"].values())


def current_build_id(settings: Settings) -> str | None:
    """Id in the pointer, or None when nothing has been published."""
    pointer = settings.published / POINTER
    return pointer.read_text(encoding="utf-8").strip() if pointer.exists() else None


def list_builds(settings: Settings) -> list[PublishedBuild]:
    """Every complete build, the newest first."""
    current = current_build_id(settings)
    builds = [_read(path.parent, current) for path in settings.published.glob(f"[!.]*/{MANIFEST}")]
    return sorted(builds, key=lambda build: (build.published_at, build.build_id), reverse=True)


def current_build(settings: Settings) -> PublishedBuild:
    """The served build; BuildError when there is none."""
    build_id = current_build_id(settings)
    if build_id is None:
        raise BuildError("Chưa có bản dựng nào. Hãy chạy «cchc build» trước.")
    return _read(settings.published / build_id, build_id)


def is_published(settings: Settings, build_id: str) -> bool:
    """Whether the build's folder is complete (its manifest is written before the folder gets its name)."""
    return (settings.published / build_id / MANIFEST).exists()


def point_to(settings: Settings, build_id: str) -> None:
    """Serve ``build_id`` from now on: one atomic replacement, readers see the old id or the new one."""
    staged = settings.published / f".{POINTER}.{os.getpid()}"
    staged.write_text(build_id + "\n", encoding="utf-8")
    staged.replace(settings.published / POINTER)


def _read(folder: Path, current: str | None) -> PublishedBuild:
    manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    return PublishedBuild(
        build_id=manifest["build_id"],
        as_of_date=date.fromisoformat(manifest["as_of_date"]),
        folder=folder,
        manifest=manifest,
        is_current=manifest["build_id"] == current,
        published_at=datetime.fromtimestamp(folder.stat().st_mtime),
    )
