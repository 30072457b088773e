"""What the command line says: progress with elapsed times on stderr, sentences in Vietnamese.

Does not belong here: any work.
"""

from __future__ import annotations

import datetime as dt
import sys
import time
from zoneinfo import ZoneInfo

# On a terminal: over the line of progress that stands there without an end.
_CLEARED = "\r\033[K"


class Console:
    """Progress lines with the seconds since the start; results go to stdout by the caller."""

    def __init__(self) -> None:
        """Start the clock."""
        self._started = time.monotonic()

    @property
    def elapsed(self) -> float:
        """Seconds since the start."""
        return time.monotonic() - self._started

    def progress(self, done: int, total: int, text: str, *, is_kept: bool = False) -> None:
        """What became of one of ``total`` things: on a terminal in one line that changes, else every tenth part.

        What ``is_kept`` always stands in full on lines of its own.
        """
        line = f"({done}/{total}) {text}"
        if is_kept:
            self.say(line)
        elif sys.stderr.isatty():
            print(
                f"{_CLEARED}{self._clocked(line)[:160]}", end="\n" if done == total else "", file=sys.stderr, flush=True
            )
        elif done == total or done * 10 // total != (done - 1) * 10 // total:
            self.say(line)

    def say(self, text: str) -> None:
        """One progress line."""
        print(f"{_CLEARED if sys.stderr.isatty() else ''}{self._clocked(text)}", file=sys.stderr, flush=True)

    def _clocked(self, text: str) -> str:
        return f"[{_seconds(self.elapsed)} giây] {text}"


def _seconds(elapsed: float) -> str:
    return f"{elapsed:6.1f}".replace(".", ",")


def vi_count(number: int) -> str:
    """A count with dots between thousands: 528.684."""
    return f"{number:,}".replace(",", ".")


def vi_moment(moment: str | dt.datetime) -> str:
    """A moment (ISO text or datetime) as dd/MM/yyyy HH:mm of Vietnam; without a time zone it is Vietnamese already."""
    at = dt.datetime.fromisoformat(moment) if isinstance(moment, str) else moment
    return f"{(at.astimezone(ZoneInfo('Asia/Ho_Chi_Minh')) if at.tzinfo else at):%d/%m/%Y %H:%M}"
