"""Run one program as a child and measure it: seconds, peak memory, and the progress lines it prints."""

from __future__ import annotations

import os
import re
import subprocess
import tempfile
import time
from dataclasses import dataclass

PROGRESS = re.compile(r"^\[ *([0-9,]+) giây\] (.*)$")


@dataclass(frozen=True)
class Run:
    """One finished child: wall and processor seconds, peak resident MB, (second, sentence) it said, its stdout."""

    seconds: float
    processor_seconds: float
    peak_mb: float
    said: tuple[tuple[float, str], ...]
    output: str

    def second_of(self, beginning: str) -> float | None:
        """When the first progress line that begins so was printed."""
        return next((second for second, text in self.said if text.startswith(beginning)), None)


def run(arguments: list[str], environment: dict[str, str]) -> Run:
    """Run to the end; RuntimeError with the last lines it printed when it fails."""
    with tempfile.TemporaryFile() as said, tempfile.TemporaryFile() as output:
        started = time.monotonic()
        child = subprocess.Popen(arguments, env={**os.environ, **environment}, stdout=output, stderr=said)
        # wait4 gives the peak of this one child; RUSAGE_CHILDREN would give the largest of all so far.
        _, status, usage = os.wait4(child.pid, 0)
        seconds = time.monotonic() - started
        child.returncode = os.waitstatus_to_exitcode(status)
        lines, text = _text(said).splitlines(), _text(output)
    if child.returncode:
        raise RuntimeError(f"{' '.join(arguments)}: exit code {child.returncode}\n" + "\n".join(lines[-15:]))
    found = [match.groups() for line in lines if (match := PROGRESS.match(line))]
    return Run(
        seconds=seconds,
        processor_seconds=usage.ru_utime + usage.ru_stime,
        peak_mb=usage.ru_maxrss / 1024,
        said=tuple((float(second.replace(",", ".")), sentence) for second, sentence in found),
        output=text,
    )


def _text(handle) -> str:
    handle.seek(0)
    return handle.read().decode("utf-8", errors="replace")
