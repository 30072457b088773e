"""What the command line tells of many things one after the other, in a log and on a terminal."""

from __future__ import annotations

import io
import sys

import pytest

from dagster_project.console import Console


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize("channel", [io.StringIO, Terminal])
def test_what_is_kept_stands_in_full_on_a_line_of_its_own(monkeypatch, channel):
    monkeypatch.setattr(sys, "stderr", channel())
    console, long = Console(), "tệp 2: loại 1 " + "x" * 300
    for done, text in enumerate(["tệp 1", long, "tệp 3", *["khác"] * 97], start=1):
        console.progress(done, 100, text, is_kept=text == long)
    lines = [line.rsplit("\r\033[K", 1)[-1] for line in sys.stderr.getvalue().split("\n")]
    assert [line for line in lines if line.endswith(f"(2/100) {long}")]
    assert len(lines) < 100


def test_on_a_terminal_a_sentence_does_not_run_on_from_the_line_of_progress(monkeypatch):
    monkeypatch.setattr(sys, "stderr", Terminal())
    console = Console()
    console.progress(1, 9, "tệp 1")
    console.say("Từ chối.")
    before, after = sys.stderr.getvalue().rsplit("\r\033[K", 1)
    assert before.endswith("(1/9) tệp 1") and after.endswith("Từ chối.\n")
