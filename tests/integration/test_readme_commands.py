"""What the documents tell a person to type, open or look at exists. Nothing is executed here."""

from __future__ import annotations

import csv
import re
import sys
from pathlib import Path

import pytest
import typer

from dagster_project.cli import app
from dagster_project.settings import PROJECT_ROOT, Settings

sys.path.insert(0, str(Path(__file__).parents[1]))  # documents.py stands beside the tiers, outside any package

from documents import READMES, blocks, prose, queries, shell_commands

DOCUMENTS = [*READMES, "CONTRIBUTING.md", "CHANGELOG.md"] + [
    path.relative_to(PROJECT_ROOT).as_posix() for path in sorted((PROJECT_ROOT / "docs").rglob("*.md"))
]
TOP_LEVEL = ("dagster_project", "dbt", "expectations", "dashboards", "data", "tests", "docs")
# Made at run time, so not in the repository: the folders that the settings name.
MADE = {path.name for path in (Settings(root=Path("x")).inbox, Settings(root=Path("x")).landing)}

LINK = re.compile(r"\]\(([^)\s]+)\)")
INLINE = re.compile(r"`([^`\n]+)`")


def make_targets() -> set[str]:
    makefile = (PROJECT_ROOT / "Makefile").read_text(encoding="utf-8")
    return set(re.findall(r"^([a-z]+):", makefile, re.M))


def written_commands(document: str, program: str) -> list[list[str]]:
    """Commands of one program in shell blocks and between backticks."""
    found = [words for words in shell_commands(document) if words[0] == program]
    inline = INLINE.findall(prose(PROJECT_ROOT / document))
    return found + [text.split() for text in inline if text.split()[0] == program]


@pytest.mark.parametrize("document", READMES)
def test_the_two_commands_come_first(document):
    first = blocks(document)[0]
    assert (first.language, first.text) == ("sh", "make run\nmake test\n")
    before = (PROJECT_ROOT / document).read_text(encoding="utf-8").split("```")[0]
    assert re.fullmatch(r"# [^\n]+\n\n", before)


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_make_target_exists(document):
    for words in written_commands(document, "make"):
        assert set(words[1:]) <= make_targets(), words


@pytest.mark.parametrize("document", READMES)
def test_readmes_name_make_targets_and_commands(document):
    assert {words[1] for words in written_commands(document, "make") if words[1:]} >= {"run", "test", "setup", "docs"}
    named = {words[1] for words in shell_commands(document) if words[0] == "cchc"}
    assert named >= {"load", "build", "builds", "query", "dashboard"}


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_cchc_command_parses(document):
    group = typer.main.get_command(app)
    for words in shell_commands(document):
        if words[0] == "cchc" and words[1:] != ["--help"]:
            parse(group, words[1:])


def parse(group, words: list[str]) -> None:
    """Let the command line read the words as it does before it calls anything; an error says what it does not know."""
    context = group.make_context("cchc", list(words))
    name, command, rest = group.resolve_command(context, list(words))
    command.make_context(name, list(rest), parent=context)


def every_command(group) -> list:
    inner = [every_command(command) for command in group.commands.values() if hasattr(command, "commands")]
    return [*group.commands.values(), *(command for commands in inner for command in commands)]


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_inline_cchc_command_and_option_exists(document):
    group = typer.main.get_command(app)
    options = {option for command in every_command(group) for item in command.params for option in item.opts}
    for text in INLINE.findall(prose(PROJECT_ROOT / document)):
        words = text.split()
        if words[0] == "cchc" and len(words) > 1 and not words[1].startswith("-"):
            command, rest = group, words[1:]
            while hasattr(command, "commands") and rest:
                assert rest[0] in command.commands, text
                command, rest = command.commands[rest[0]], rest[1:]
            known = {option for item in command.params for option in item.opts}
            assert {word for word in rest if word.startswith("--")} <= known, text
        elif document in READMES and words[0].startswith("--"):
            assert words[0] in options, text


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_link_and_picture_exists(document):
    folder = (PROJECT_ROOT / document).parent
    for target in LINK.findall(prose(PROJECT_ROOT / document)):
        if not target.startswith(("https://", "http://", "#")):
            assert (folder / target.split("#")[0]).exists(), target


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_named_path_exists(document):
    for text in INLINE.findall(prose(PROJECT_ROOT / document)):
        parts = text.split("/")
        if len(parts) < 2 or parts[0] not in TOP_LEVEL or any(mark in text for mark in " <"):
            continue
        if parts[0] == "data" and parts[1] in MADE:
            continue
        assert list(PROJECT_ROOT.glob(text.rstrip("/"))), text


@pytest.mark.parametrize("document", READMES)
def test_the_readme_shows_the_ranking_before_the_first_heading(document):
    text = (PROJECT_ROOT / document).read_text(encoding="utf-8")
    picture = PROJECT_ROOT / "docs" / "images" / "xep_hang.png"
    assert "(docs/images/xep_hang.png)" in text.split("\n## ")[0]
    header = picture.read_bytes()[:24]
    assert (header[:8], int.from_bytes(header[16:20], "big")) == (b"\x89PNG\r\n\x1a\n", 1440)
    assert picture.stat().st_size < 300_000


@pytest.mark.parametrize("document", READMES)
def test_readmes_ask_the_tables(document):
    assert len(queries(document)) >= 3


def test_changelog_names_the_method_of_every_published_number():
    with (PROJECT_ROOT / "dbt" / "seeds" / "indicators.csv").open(encoding="utf-8", newline="") as handle:
        registry = [
            (
                row["indicator_code"],
                row["method_version"],
                row["minimum_denominator"],
                row["is_computed"],
                row["is_declared"],
                row["is_confirmed"],
            )
            for row in csv.DictReader(handle)
        ]
    text = (PROJECT_ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    told = re.findall(r"^\| `(\w+)` \| `([\w.-]+)` \| (\d+) \| (yes|no) \| (yes|no) \| (yes|no) \|$", text, re.M)
    words = {"yes": "true", "no": "false"}
    told = [(code, method, least, *(words[flag] for flag in flags)) for code, method, least, *flags in told]
    assert told == registry, "CHANGELOG.md, Published numbers: one row per line of dbt/seeds/indicators.csv, same order"


def test_readmes_name_the_smallest_samples_of_the_registry():
    with (PROJECT_ROOT / "dbt" / "seeds" / "indicators.csv").open(encoding="utf-8", newline="") as handle:
        least = {row["minimum_denominator"] for row in csv.DictReader(handle) if row["is_rankable"] == "true"}
    assert least == {"30", "660"}
    for name in ("README.md", "README.vi.md"):
        text = (PROJECT_ROOT / name).read_text(encoding="utf-8")
        assert re.search(r"\b30\b", text) and re.search(r"\b660\b", text), name
