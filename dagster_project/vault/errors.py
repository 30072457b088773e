"""The one exception of the vault: a refusal that an officer can act on.

Does not belong here: mistakes of our own code, which are ValueErrors.
"""

from __future__ import annotations


class VaultError(Exception):
    """The vault, its key file or an export cannot be used. ``str()`` is Vietnamese and never holds an identity."""
