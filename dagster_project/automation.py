"""When things run by themselves: the job `refresh`, every morning, and when the inbox has changed."""

import hashlib
from pathlib import Path

import dagster as dg

from dagster_project.resources import DataRoot

refresh_job = dg.define_asset_job(
    "refresh",
    selection=dg.AssetSelection.all(),
    description="Từ tệp trong hộp thư đến bản dựng được công bố",
)

daily_refresh = dg.ScheduleDefinition(
    name="daily_refresh",
    job=refresh_job,
    cron_schedule="30 5 * * *",
    execution_timezone="Asia/Ho_Chi_Minh",
)


@dg.sensor(job=refresh_job, minimum_interval_seconds=30)
def inbox_sensor(
    context: dg.SensorEvaluationContext, data_root: dg.ResourceParam[DataRoot]
) -> dg.SensorResult | dg.SkipReason:
    """Ask for a refresh when a file of the inbox was added, changed or removed since the last look."""
    files = inbox_files(data_root.settings.inbox)
    if not files:
        return dg.SkipReason("Hộp thư trống")
    fingerprint = hashlib.sha256("\n".join(files).encode()).hexdigest()
    if fingerprint == context.cursor:
        return dg.SkipReason("Không có tệp mới")
    return dg.SensorResult(run_requests=[dg.RunRequest(run_key=fingerprint)], cursor=fingerprint)


def inbox_files(inbox: Path) -> list[str]:
    """One line per visible file: relative name, size and modification time, in order of name."""
    return [
        f"{path.relative_to(inbox).as_posix()}\t{path.stat().st_size}\t{path.stat().st_mtime_ns}"
        for path in sorted(inbox.rglob("*"))
        if path.is_file() and not any(part.startswith(".") for part in path.relative_to(inbox).parts)
    ]
