"""Published builds: folders that never change, and the pointer that says which one is served."""

from __future__ import annotations

import json
import os
import re
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

from dagster_project.publishing.errors import BuildBrokenError, BuildMissingError
from dagster_project.publishing.files import file_sha256
from dagster_project.settings import Settings

POINTER = "CURRENT"
# Beside the builds: one file per signed build, named by its id (dagster_project/publishing/official.py).
REGISTER = "_official"
MANIFEST = "manifest.json"


@dataclass(frozen=True)
class PublishedBuild:
    """One published build as its manifest tells it. ``published_at`` is the folder's own time, for listings only."""

    build_id: str
    as_of_date: date
    code_version: str
    folder: Path
    manifest: dict
    published_at: datetime

    @property
    def row_count(self) -> int:
        """Rows over all published tables."""
        return sum(table["rows"] for table in self.manifest["tables"].values())


def current_build_id(settings: Settings) -> str | None:
    """Id in the pointer, or None when nothing has been published. BuildBrokenError when the pointer holds no id."""
    pointer = settings.published / POINTER
    if not pointer.is_file():
        return None
    build_id = pointer.read_bytes().decode("utf-8", errors="replace").strip()
    if not re.fullmatch(r"[0-9A-Za-z_-]+", build_id):
        raise BuildBrokenError("Con trỏ CURRENT không chứa mã bản dựng hợp lệ. Hãy chạy «cchc build» để dựng lại.")
    return build_id


def list_builds(settings: Settings) -> list[PublishedBuild]:
    """Every build whose manifest can be read, the newest first."""
    builds = []
    for path in settings.published.glob(f"[!.]*/{MANIFEST}"):
        try:
            builds.append(read_build(settings, path.parent.name))
        except BuildBrokenError:  # listed nowhere and rebuilt when it is wanted
            continue
    return sorted(builds, key=lambda build: (build.published_at, build.build_id), reverse=True)


def current_build(settings: Settings) -> PublishedBuild:
    """The served build, every file verified against its manifest.

    Raises BuildMissingError without one, BuildBrokenError when files and manifest differ.
    """
    build_id = current_build_id(settings)
    if build_id is None:
        raise BuildMissingError("Chưa có bản dựng nào. Hãy chạy «cchc build» trước.")
    return verified_build(settings, build_id)


def verified_build(settings: Settings, build_id: str) -> PublishedBuild:
    """One build with every file checked; BuildBrokenError names the file that is missing or changed."""
    build = read_build(settings, build_id)
    fault = file_fault(build)
    if fault:
        raise BuildBrokenError(f"Bản dựng {build_id}: {fault}. {_how_to_heal(settings, build_id)}")
    return build


def file_fault(build: PublishedBuild) -> str | None:
    """The first file that the manifest names and that is missing or changed; None when every file is as it was."""
    tables = {f"{name}.parquet": entry for name, entry in build.manifest["tables"].items()}
    for name, entry in {**tables, **build.manifest.get("files", {})}.items():
        path = build.folder / name
        if not path.is_file():
            return f"thiếu tệp {name}"
        if file_sha256(path) != entry["sha256"]:
            return f"tệp {name} khác với {MANIFEST}"
    return None


def _how_to_heal(settings: Settings, build_id: str) -> str:
    # Another software or other files would build something else than what was signed.
    if (settings.published / REGISTER / f"{build_id}.json").exists():
        return "Bản này đã ký: hãy khôi phục thư mục của bản dựng từ bản sao lưu."
    return "Hãy chạy «cchc build» để dựng lại."


def is_published(settings: Settings, build_id: str) -> bool:
    """Whether the build stands complete and unchanged."""
    try:
        verified_build(settings, build_id)
    except BuildBrokenError:
        return False
    return True


def point_to(settings: Settings, build_id: str) -> None:
    """Serve ``build_id`` from now on: one atomic replacement, readers see the old id or the new one."""
    staged = settings.published / f".{POINTER}.{os.getpid()}"
    staged.write_text(build_id + "\n", encoding="utf-8")
    staged.replace(settings.published / POINTER)


def read_build(settings: Settings, build_id: str) -> PublishedBuild:
    """One build as its manifest tells it, no other file looked at; BuildBrokenError when it cannot be read."""
    folder = settings.published / build_id
    try:
        manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        build = PublishedBuild(
            build_id=manifest["build_id"],
            as_of_date=date.fromisoformat(manifest["as_of_date"]),
            code_version=manifest["code_version"],
            folder=folder,
            manifest=manifest,
            published_at=datetime.fromtimestamp(folder.stat().st_mtime, UTC),
        )
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise BuildBrokenError(
            f"Không đọc được {MANIFEST} của bản dựng {build_id}. {_how_to_heal(settings, build_id)}"
        ) from error
    if build.build_id != build_id:
        raise BuildBrokenError(f"{MANIFEST} không phải của bản dựng {build_id}. {_how_to_heal(settings, build_id)}")
    return build
