"""Keyed hashes in place of identities: 32 hexadecimal digits of HMAC-SHA256, one key per kind.

The same person gets the same hash in every delivery and source of one key file; without the key file a hash cannot
be found by trying all phone numbers. A hash is still personal data.
Does not belong here: spelling (``normalise``), validity (``flags``): a hash of «000000000» is a hash like any other.
"""

from __future__ import annotations

import hmac

import pyarrow as pa

from dagster_project.vault.arrow_columns import Column, over_distinct
from dagster_project.vault.keys import KeyRing
from dagster_project.vault.kinds import HASHED_KINDS, Kind
from dagster_project.vault.normalise import normalise

HASH_DIGITS = 32


def hash_column(keys: KeyRing, kind: Kind, values: Column) -> Column:
    """The keyed hash of every value; null where there is nothing to hash. ValueError for a kind without hashes."""
    if kind not in HASHED_KINDS:
        raise ValueError(f"{kind.value} is never hashed")
    return over_distinct(values, lambda texts: hash_normalised(keys, kind, normalise(kind, texts)))


def hash_normalised(keys: KeyRing, kind: Kind, texts: pa.Array) -> pa.Array:
    """:func:`hash_column` for texts that are normalised already."""
    keyed = hmac.new(keys.hash_key(kind), digestmod="sha256")

    def hashed(text: str) -> str:
        digest = keyed.copy()
        digest.update(text.encode())
        return digest.hexdigest()[:HASH_DIGITS]

    return pa.array([None if text is None else hashed(text) for text in texts.to_pylist()], pa.string())
