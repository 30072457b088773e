"""The vault of one data root: one sealed file per delivery under ``vault/``, its key file, and the change of keys.

Does not belong here: the form of a file (``sealed_file``), what may be told outside (``derive``).
"""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from dagster_project.settings import Settings
from dagster_project.vault.errors import VaultError
from dagster_project.vault.keys import (
    KEY_FILE_VARIABLE,
    KeyRing,
    add_encryption_key,
    create_keys,
    key_file_path,
    read_keys,
)
from dagster_project.vault.private_files import clear_temporary, locked, private_folder, put, staged

if TYPE_CHECKING:
    import pyarrow as pa

    from dagster_project.vault.derive import Derivation

LOCK = ".lock"
_DELIVERY_ID = re.compile(r"[0-9A-Za-z][0-9A-Za-z_-]{0,79}")


@dataclass(frozen=True)
class RotationResult:
    """``rewritten_count`` of ``file_count`` files were put under the key ``key_id``.

    ``is_resumed``: an earlier change of keys was finished and no new key was made. ``problems`` are sentences about
    files that could not be read.
    """

    key_id: str
    is_resumed: bool
    rewritten_count: int
    file_count: int
    problems: tuple[str, ...]


class Vault:
    """An opened vault: a data root with the key file that belongs to it. Processes and threads may share it."""

    def __init__(self, settings: Settings, keys: KeyRing) -> None:
        """Use :func:`open_vault`."""
        self.settings = settings
        self.keys = keys
        self.folder = vault_folder(settings)

    def path(self, delivery_id: str) -> Path:
        """The file of one delivery. ValueError for an id that could lead elsewhere."""
        if not _DELIVERY_ID.fullmatch(delivery_id):
            raise ValueError(f"not a delivery id: {delivery_id!r}")
        return self.folder / f"{delivery_id}.parquet"

    def delivery_ids(self) -> list[str]:
        """Every delivery with a file, in order."""
        return sorted(path.stem for path in self.folder.glob("*.parquet"))

    def keep(
        self,
        delivery_id: str,
        schema: pa.Schema,
        batches: Iterable[pa.RecordBatch],
        on_derived: Callable[[pa.RecordBatch], None] | None = None,
    ) -> int:
        """:meth:`seal` and :meth:`put` in one: the delivery's file appears whole at the end or not at all."""
        with self.lock(exclusive=False), staged(self.path(delivery_id)) as temporary:
            rows = self.seal(temporary, delivery_id, schema, batches, on_derived)
            self.put(temporary, delivery_id)
        return rows

    def seal(
        self,
        path: Path,
        delivery_id: str,
        schema: pa.Schema,
        batches: Iterable[pa.RecordBatch],
        on_derived: Callable[[pa.RecordBatch], None] | None = None,
    ) -> int:
        """Write the identity rows of a delivery to a file anywhere, to be :meth:`put` later; how many rows.

        ``batches`` (see ``columns.vault_schema``; row numbers ascend) are gone through once and never held together;
        ``on_derived`` gets the hashes and flags of each.
        """
        from dagster_project.vault.sealed_file import write_sealed

        seen = batches if on_derived is None else self._told(schema, batches, on_derived)
        return write_sealed(path, delivery_id, schema, seen, self.keys)

    def put(self, path: Path, delivery_id: str) -> None:
        """Make a sealed file, on the data root's own file system, the file of its delivery, in one step."""
        target = self.path(delivery_id)
        with self.lock(exclusive=False):
            path.chmod(0o600)
            put(path, target)

    def derivation(self, schema: pa.Schema) -> Derivation:
        """What :meth:`keep` gives to ``on_derived``: its schema, and the function itself."""
        from dagster_project.vault.derive import Derivation

        return Derivation(schema, self.keys)

    def read(self, delivery_id: str, row_numbers: pa.Array | None = None) -> Iterator[pa.RecordBatch]:
        """The identity rows of a delivery, or only those asked for. VaultError when they cannot be read."""
        from dagster_project.vault.sealed_file import read_sealed

        return read_sealed(self.path(delivery_id), delivery_id, self.keys, row_numbers)

    def check(self, delivery_id: str) -> int:
        """Open every row of a delivery; how many there are. VaultError when the file is not whole."""
        return sum(len(batch) for batch in self.read(delivery_id))

    def rotate(
        self, on_progress: Callable[[int, int], None] | None = None, now: dt.datetime | None = None
    ) -> RotationResult:
        """Put every file under a new encryption key; hashes stay the same. Writers wait until it is done.

        Each file is replaced in one step and the old key stays readable, so a killed rotation loses nothing; the
        next one first finishes it. ``on_progress(done, total)`` is called after each file.
        """
        with self.lock(exclusive=True):
            clear_temporary(self.folder)
            self.keys = read_keys(self.keys.path, self.settings.root)
            names = self.delivery_ids()
            # Files that an earlier rotation did not get to. Damaged ones do not count: nothing will ever move them.
            rewritten, problems = self._rewrite(self._stale(), on_progress)
            is_resumed = rewritten > 0
            if not is_resumed:
                self.keys = add_encryption_key(self.keys, self.settings.root, now)
                rewritten, problems = self._rewrite(names, on_progress)
        return RotationResult(self.keys.current.key_id, is_resumed, rewritten, len(names), tuple(problems))

    def stale_count(self) -> int:
        """How many readable files are not under the current key."""
        return len(self._stale())

    def _rewrite(self, names: list[str], on_progress: Callable[[int, int], None] | None) -> tuple[int, list[str]]:
        """How many files were put under the current key, and why others were not."""
        from dagster_project.vault.sealed_file import rewrite_sealed

        problems = []
        for done, name in enumerate(names, start=1):
            path = self.path(name)
            try:
                with staged(path) as temporary:
                    rewrite_sealed(path, temporary, name, self.keys)
                    put(temporary, path)
            except VaultError as error:
                problems.append(str(error))
            if on_progress is not None:
                on_progress(done, len(names))
        return len(names) - len(problems), problems

    def _stale(self) -> list[str]:
        from dagster_project.vault.sealed_file import read_header

        stale = []
        for name in self.delivery_ids():
            try:
                key_id = read_header(self.path(name)).key_id
            except VaultError:  # told by whoever reads the rows
                continue
            if key_id != self.keys.current.key_id:
                stale.append(name)
        return stale

    def _told(
        self, schema: pa.Schema, batches: Iterable[pa.RecordBatch], on_derived: Callable[[pa.RecordBatch], None]
    ) -> Iterator[pa.RecordBatch]:
        derive = self.derivation(schema)
        for batch in batches:
            on_derived(derive(batch))
            yield batch

    def lock(self, *, exclusive: bool) -> AbstractContextManager[None]:
        """Hold the vault: alone to change what is there, shared to add a file."""
        return locked(self.folder / LOCK, exclusive=exclusive)


def vault_folder(settings: Settings) -> Path:
    """Where the vault of a data root lies."""
    return settings.root / "vault"


def is_begun(settings: Settings) -> bool:
    """Whether the data root has a vault, with or without files."""
    folder = vault_folder(settings)
    return (folder / "vault.json").exists() or any(folder.glob("*.parquet"))


def open_vault(settings: Settings, *, create: bool = False, used_keys: Collection[str] = ()) -> Vault:
    """The vault of a data root with its key file; ``create`` begins it, and the key file with it.

    ``used_keys`` are the hash keys that something in the data root was hashed with already, even if the vault itself is
    lost. VaultError when there is no vault, and when the key file is missing, open to others, damaged, or not the one
    that was used: a second hash key would quietly make two persons of each one.
    """
    path = key_file_path()
    if not is_begun(settings):
        if not create:
            raise VaultError(f"Thư mục dữ liệu «{settings.root}» chưa có kho định danh.")
        is_known = path.exists() or used_keys
        ring = read_keys(path, settings.root) if is_known else create_keys(path, settings.root)
        _check_used(ring, used_keys)
        _begin(settings, ring)
    else:
        ring = read_keys(path, settings.root)
        _check_used(ring, used_keys)
    begun_with = _begun_with(settings)
    if begun_with != ring.hash_key_id:
        raise VaultError(
            f"Kho định danh của «{settings.root}» được lập với tệp khóa khác (mã {begun_with}; tệp khóa «{path}» có mã "
            f"{ring.hash_key_id}). Hãy đặt {KEY_FILE_VARIABLE} đến tệp khóa cũ."
        )
    return Vault(settings, ring)


def _check_used(ring: KeyRing, used_keys: Collection[str]) -> None:
    others = sorted(set(used_keys) - {ring.hash_key_id})
    if others:
        raise VaultError(
            f"Tệp khóa «{ring.path}» (mã {ring.hash_key_id}) không phải khóa đã dùng cho số liệu đã nạp "
            f"(mã {', '.join(others)}). Hãy chép lại tệp khóa cũ, hoặc đặt {KEY_FILE_VARIABLE} đến tệp đó."
        )


def _begin(settings: Settings, ring: KeyRing) -> None:
    target = private_folder(vault_folder(settings)) / "vault.json"
    with locked(target.with_name(LOCK), exclusive=False), staged(target) as temporary:
        temporary.write_text(json.dumps({"hash_key_id": ring.hash_key_id}) + "\n", encoding="utf-8")
        put(temporary, target)


def _begun_with(settings: Settings) -> str:
    path = vault_folder(settings) / "vault.json"
    try:
        return str(json.loads(path.read_text(encoding="utf-8"))["hash_key_id"])
    except (OSError, ValueError, KeyError, TypeError):
        raise VaultError(f"Tệp «{path}» của kho định danh bị mất hoặc bị hỏng. Hãy chép lại từ bản sao lưu.") from None
