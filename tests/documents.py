"""What the documents say to type: code blocks of Markdown and the commands in them, for the tests of documents."""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from dagster_project.settings import PROJECT_ROOT

READMES = ("README.md", "README.vi.md")
FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.M | re.S)
ASSIGNMENT = re.compile(r"[A-Za-z_]+=")


@dataclass(frozen=True)
class Block:
    """One fenced code block: its language and its text without the fences."""

    language: str
    text: str


def blocks(name: str) -> list[Block]:
    """The code blocks of a document, in order."""
    text = (PROJECT_ROOT / name).read_text(encoding="utf-8")
    return [Block(*found) for found in FENCE.findall(text)]


def commands(block: Block) -> list[list[str]]:
    """The commands of a shell block as words; a quotation may run over several lines."""
    found: list[list[str]] = []
    pending = ""
    for line in block.text.splitlines():
        pending += line + "\n"
        try:
            words = shlex.split(pending)
        except ValueError:
            continue
        pending = ""
        while words and ASSIGNMENT.match(words[0]):
            words.pop(0)
        if words:
            found.append(words)
    if pending:
        raise ValueError(f"a quotation does not end: {pending}")
    return found


def shell_commands(name: str) -> list[list[str]]:
    """Every command of a document's shell blocks."""
    return [words for block in blocks(name) if block.language == "sh" for words in commands(block)]


def queries(name: str) -> list[tuple[str, str]]:
    """Every `cchc query` of a document with the output printed below it."""
    found = []
    for block, following in pairwise(blocks(name)):
        if block.language == "sh":
            asked = [words for words in commands(block) if words[:2] == ["cchc", "query"]]
            found += [(words[2], following.text if following.language == "text" else "") for words in asked]
    return found


def prose(path: Path) -> str:
    """A document without its code blocks."""
    return FENCE.sub("", path.read_text(encoding="utf-8"))
