"""What a run needs from outside: the data root, somebody to tell the progress to, and the right to build.

Does not belong here: any work on data.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import dagster as dg

from dagster_project.publishing.lock import build_lock
from dagster_project.settings import Settings

Say = Callable[[str], None]

# The DuckDB file has one writer; Dagster's own runs queue for this pool of one.
WRITER_POOL = "duckdb"


def say_nothing(text: str) -> None:
    """The voice of a run that nobody listens to; Dagster's own log tells the steps."""


@dataclass(frozen=True)
class DataRoot:
    """The paths of this deployment, and a voice for progress lines."""

    settings: Settings
    say: Say = say_nothing


@dataclass(frozen=True)
class BuildRight:
    """Proof that this run holds the build lock; a step that writes asks for it."""


@dg.resource(required_resource_keys={"data_root"})
def build_right(context: dg.InitResourceContext) -> Iterator[BuildRight]:
    """The right to write the warehouse and to publish, held by one run from its first step to its last.

    The operating system takes it back when the process dies. Needs the in-process executor.
    """
    data_root: DataRoot = context.resources.data_root

    def tell(text: str) -> None:
        data_root.say(text)
        if context.log:
            context.log.info(text)

    with build_lock(data_root.settings.warehouse / "build.lock", on_wait=tell):
        if context.instance:
            _free_claims_of_dead_runs(context.instance)
        yield BuildRight()


def _free_claims_of_dead_runs(instance: dg.DagsterInstance) -> None:
    """Free the writer's pool: whoever holds a slot of it without the build lock was killed and will not come back."""
    for run_id in instance.event_log_storage.get_concurrency_info(WRITER_POOL).active_run_ids:
        instance.event_log_storage.free_concurrency_slots_for_run(run_id)
        run = instance.get_run_by_id(run_id)
        if run and not run.is_finished:
            instance.report_run_failed(run, message="Tiến trình của lượt chạy này đã bị dừng đột ngột.")
