"""Marts to Parquet, in two steps: export to a hidden folder, then (gate 2 passed) give it its name and serve it.

Does not belong here: SQL that computes anything. Tables leave as dbt built them, in the order of their grain.
"""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from pathlib import Path

from dagster_project.dbt_runs import dbt_target
from dagster_project.publishing.builds import MANIFEST, is_published, point_to
from dagster_project.publishing.errors import BuildError
from dagster_project.publishing.files import file_sha256, quoted
from dagster_project.publishing.methods_book import write_methods_book
from dagster_project.publishing.plan import BuildPlan
from dagster_project.publishing.scoring_engine import write_engine
from dagster_project.settings import Settings

MARTS_SCHEMA = "marts"
GATE_RESULTS_TABLE = "fct_publication_rule_results"


@dataclass(frozen=True)
class Mart:
    """One table to publish and the columns of its grain, which order its rows."""

    name: str
    grain: tuple[str, ...]


def marts_of(manifest_path: Path) -> list[Mart]:
    """Every mart in dbt's manifest, by name; a mart without ``meta.grain`` is a KeyError."""
    manifest = json.loads(manifest_path.read_text(encoding="utf-8"))
    marts = [
        Mart(name=node["name"], grain=tuple(node["config"]["meta"]["grain"]))
        for node in manifest["nodes"].values()
        if node["resource_type"] == "model" and node["schema"] == MARTS_SCHEMA
    ]
    return sorted(marts, key=lambda mart: mart.name)


def staged_folder(settings: Settings, build_id: str) -> Path:
    """Hidden folder of a build that has not passed gate 2 yet."""
    return settings.published / f".{build_id}.staged"


def export_marts(plan: BuildPlan, marts: list[Mart], settings: Settings) -> dict[str, Path]:
    """Write every mart of the warehouse as Parquet into the staged folder. Returns table name → path.

    Raises BuildError when the warehouse holds another build than ``plan``.
    """
    import duckdb

    folder = staged_folder(settings, plan.build_id)
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    config = {"temp_directory": str(settings.warehouse / "temporary"), "memory_limit": "3GB"}
    with duckdb.connect(str(settings.warehouse_file), read_only=True, config=config) as connection:
        connection.execute("set enable_progress_bar = false")
        _require_build(connection, plan.build_id)
        return {mart.name: _export(connection, mart, folder) for mart in marts}


def write_files(plan: BuildPlan, settings: Settings) -> list[Path]:
    """Write what a build holds beside its tables, from the exported tables: the scoring engine, the methods book."""
    folder = staged_folder(settings, plan.build_id)
    seeds = settings.dbt_project / "seeds"
    return [
        write_engine(dbt_target(settings), folder),
        write_methods_book(folder, seeds, plan.build_id, plan.as_of_date),
    ]


def publish(plan: BuildPlan, settings: Settings) -> Path:
    """Give the staged folder its final name with a manifest, and serve it. Returns the build's folder."""
    staged = staged_folder(settings, plan.build_id)
    target = settings.published / plan.build_id
    manifest = _manifest(plan, staged)
    (staged / MANIFEST).write_text(json.dumps(manifest, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    if is_published(settings, plan.build_id):
        _require_same(target, manifest)
        shutil.rmtree(staged)
    else:
        # What stands there under this id was damaged by hand: a build is never half of itself.
        shutil.rmtree(target, ignore_errors=True)
        staged.rename(target)
    point_to(settings, plan.build_id)
    return target


def remove_leftovers(settings: Settings) -> None:
    """Remove what killed builds left behind. Call only while holding the build lock."""
    for path in settings.published.glob(".*.staged"):
        shutil.rmtree(path)
    for path in settings.published.glob(".CURRENT.*"):
        path.unlink()


def heal_warehouse(settings: Settings) -> None:
    """Remove a warehouse file that a killed build left unreadable: everything in it is built anew from landing.

    Call only while holding the build lock.
    """
    import duckdb

    (settings.warehouse / "temporary").mkdir(parents=True, exist_ok=True)
    if not settings.warehouse_file.exists():
        return
    try:
        duckdb.connect(str(settings.warehouse_file)).close()
    except duckdb.Error as error:
        if "lock" in str(error):
            raise BuildError(
                f"Tệp kho dữ liệu đang được một chương trình khác mở ({settings.warehouse_file.name}). "
                "Hãy đóng chương trình đó rồi chạy lại; bảng công bố đọc ở thư mục published."
            ) from error
        settings.warehouse_file.unlink()
        settings.warehouse_file.with_name(settings.warehouse_file.name + ".wal").unlink(missing_ok=True)


def _require_build(connection, build_id: str) -> None:
    held = connection.execute("select build_id from staging.stg_build__builds").fetchall()
    if held != [(build_id,)]:
        raise BuildError("Kho dữ liệu đang giữ kết quả của một lần dựng khác. Hãy chạy lại «cchc build».")


def _export(connection, mart: Mart, folder: Path) -> Path:
    path = folder / f"{mart.name}.parquet"
    order = ", ".join(f"{column} nulls last" for column in mart.grain)
    connection.execute(
        f"copy (select * from {MARTS_SCHEMA}.{mart.name} order by {order}) "
        f"to '{quoted(path)}' (format parquet, compression zstd)"
    )
    return path


def _manifest(plan: BuildPlan, folder: Path) -> dict:
    import pyarrow.parquet as pq

    return {
        "build_id": plan.build_id,
        "as_of_date": plan.as_of_date.isoformat(),
        "code_version": plan.code_version,
        "code_hash": plan.code_hash,
        "deliveries": [
            {
                "delivery_id": delivery.delivery_id,
                "source_code": delivery.source_code,
                "file_name": delivery.file_name,
                "rows_accepted": delivery.rows_accepted,
            }
            for delivery in plan.deliveries
        ],
        "tables": {
            path.stem: {"rows": pq.read_metadata(path).num_rows, "sha256": file_sha256(path)}
            for path in sorted(folder.glob("*.parquet"))
        },
        "files": {
            path.name: {"sha256": file_sha256(path)}
            for path in sorted(folder.iterdir())
            if path.suffix != ".parquet" and path.name != MANIFEST
        },
    }


def _require_same(target: Path, manifest: dict) -> None:
    published = json.loads((target / MANIFEST).read_text(encoding="utf-8"))
    if (published["tables"], published["files"]) != (manifest["tables"], manifest["files"]):
        raise BuildError(
            f"Bản dựng {manifest['build_id']} đã công bố với nội dung khác dù cùng đầu vào. "
            "Bản đã công bố được giữ nguyên; hãy báo cho người quản trị kho dữ liệu."
        )
