"""Work on the distinct values of a column only: names and phones repeat, and each step costs.

Does not belong here: what is done with the values.
"""

from __future__ import annotations

from collections.abc import Callable

import pyarrow as pa

Column = pa.Array | pa.ChunkedArray


def over_distinct(values: Column, function: Callable[[pa.StringArray], pa.Array]) -> Column:
    """``function`` (one text to one value) over the distinct texts of each chunk, spread out again. Null stays null."""
    if isinstance(values, pa.ChunkedArray):
        chunks = [over_distinct(chunk, function) for chunk in values.chunks]
        return pa.chunked_array(chunks or [function(pa.array([], pa.string()))])
    encoded = values.cast(pa.string()).dictionary_encode()
    return function(encoded.dictionary).take(encoded.indices)


def replaced(texts: pa.Array, *steps: tuple[str, str]) -> pa.Array:
    """Each ``(RE2 pattern, replacement)`` applied everywhere, in order."""
    import pyarrow.compute as pc

    for pattern, replacement in steps:
        texts = pc.replace_substring_regex(texts, pattern, replacement)
    return texts


def found(texts: pa.Array, pattern: str) -> pa.Array:
    """The first match of the RE2 group named ``x``, null where there is none."""
    import pyarrow.compute as pc

    return pc.struct_field(pc.extract_regex(texts, pattern), "x")


def null_if_empty(texts: pa.Array) -> pa.Array:
    """Empty text is no value."""
    import pyarrow.compute as pc

    return pc.if_else(pc.equal(texts, ""), None, texts)
