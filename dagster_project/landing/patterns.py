"""Patterns that layouts hold, searched by RE2, the engine with which DuckDB runs them over cells.

However somebody writes one, it takes no longer than the text it is searched in is long.
Does not belong here: which texts a pattern is searched in (``readers``).
"""

from __future__ import annotations

import re

import pyarrow as pa
import pyarrow.compute as pc

from dagster_project.landing.errors import LayoutError

# RE2 knows the groups 1 to 9 in a replacement.
MAX_GROUPS = 9
_PLACEHOLDER = re.compile(r"\{([0-9]+)\}")
_FAULTS = {
    "missing )": "thiếu dấu «)»",
    "missing ]": "thiếu dấu «]»",
    "unexpected )": "thừa dấu «)»",
    "no argument for repetition operator": "dấu lặp (*, +, ?) không đứng sau gì cả",
    "invalid perl operator": "không dùng được (?=…), (?!…), (?<=…)",
    "invalid escape sequence": "ký hiệu sau dấu «\\» không dùng được",
    "invalid repetition size": "số lần lặp quá lớn",
}


def group_count(pattern: str) -> int:
    """How many groups a pattern has, at most MAX_GROUPS. LayoutError says in Vietnamese why it is none."""
    try:
        is_found(pattern, "")
    except pa.ArrowInvalid as error:
        fault = next((text for words, text in _FAULTS.items() if words in str(error)), "viết sai hoặc quá dài")
        raise LayoutError(f"biểu thức «{pattern}» không dùng được: {fault}") from error
    return next((number - 1 for number in range(1, MAX_GROUPS + 1) if not _has_group(pattern, number)), MAX_GROUPS)


def _has_group(pattern: str, number: int) -> bool:
    try:
        pc.replace_substring_regex("", pattern, rf"\{number}")
    except pa.ArrowInvalid:
        return False
    return True


def is_found(pattern: str, text: str) -> bool:
    """Whether the pattern stands somewhere in the text."""
    return pc.match_substring_regex(text, pattern).as_py()


def is_whole(pattern: str, text: str) -> bool:
    """Whether the pattern is the whole text."""
    return is_found(f"^(?:{pattern})$", text)


def filled_in(template: str, pattern: str, text: str) -> str:
    """``template`` with {1}, {2} … replaced by the groups of the pattern, which stands in the text."""
    groups = _PLACEHOLDER.sub(r"\\\1", template.replace("\\", "\\\\"))
    return pc.replace_substring_regex(text, f"(?s:^.*?)(?:{pattern})(?s:.*$)", groups).as_py()


def strange_placeholders(template: str, count: int) -> list[str]:
    """Placeholders of a template beyond its ``count`` groups or headers, {1} being the first."""
    return [f"{{{number}}}" for number in _PLACEHOLDER.findall(template) if not 1 <= int(number) <= count]
