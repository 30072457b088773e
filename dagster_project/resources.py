"""What a run needs from outside: the data root, somebody to tell the progress to, and the right to build.

Does not belong here: any work on data.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import dagster as dg

from dagster_project.publishing.lock import build_lock
from dagster_project.settings import Settings

Say = Callable[[str], None]

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
        yield BuildRight()
