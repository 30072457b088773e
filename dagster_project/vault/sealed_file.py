"""One vault file: a Parquet file whose rows are sealed blocks of identity rows.

One Parquet row per block: ``block_index``, ``first_row_number``, ``last_row_number``, ``row_count``, ``is_last`` and
``sealed``, which is an Arrow stream (zstd) under AES-256-GCM. Each file has a key of its own, derived from the
current encryption key and a random salt, so a block's index can be its nonce. Authenticated with every block are the
delivery, the block's place and its row numbers: a block moved, dropped or taken from another delivery is noticed.
Blocks are written and read one at a time; memory does not grow with the file.
Does not belong here: which file a delivery has, and locks (``store``).
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from dagster_project.vault.columns import ROW_NUMBER, empty_batch
from dagster_project.vault.errors import VaultError
from dagster_project.vault.keys import KeyRing

BLOCK_ROWS = 16_384
BLOCK_BYTES = 8 * 1024 * 1024
SALT_BYTES = 16
FORMAT = "cchc-vault/1"
_HEADER = b"cchc_vault"
_SCHEMA = pa.schema(
    [
        ("block_index", pa.int64()),
        ("first_row_number", pa.int64()),
        ("last_row_number", pa.int64()),
        ("row_count", pa.int64()),
        ("is_last", pa.bool_()),
        ("sealed", pa.binary()),
    ]
)


_PLACE = [name for name in _SCHEMA.names if name != "sealed"]


@dataclass(frozen=True)
class Header:
    """What a vault file says in the clear: its delivery, the key it needs, the salt of its own key."""

    delivery_id: str
    key_id: str
    salt: bytes

    def associated(self, block: dict) -> bytes:
        """What is authenticated with a block besides its content."""
        place = [block[name] for name in _PLACE]
        return json.dumps([FORMAT, self.delivery_id, self.key_id, *place]).encode()


def write_sealed(
    path: Path, delivery_id: str, schema: pa.Schema, batches: Iterable[pa.RecordBatch], keys: KeyRing
) -> int:
    """Write one vault file with the current key; how many rows. ValueError when row numbers do not ascend."""
    return _write(path, delivery_id, keys, _packed(schema, _blocks(schema, batches)))


def rewrite_sealed(source: Path, target: Path, delivery_id: str, keys: KeyRing) -> int:
    """The same rows under the current key and a new salt; how many. VaultError when ``source`` is not whole."""
    return _write(target, delivery_id, keys, _opened(source, delivery_id, keys))


def read_sealed(
    path: Path, delivery_id: str, keys: KeyRing, row_numbers: pa.Array | None = None
) -> Iterator[pa.RecordBatch]:
    """The rows of a vault file, block by block, at least one (possibly empty) batch; with ``row_numbers`` only those.

    VaultError for a damaged or foreign file, and for one whose key is not in the key file. Blocks without wanted
    rows are not opened.
    """
    wanted = None if row_numbers is None else np.unique(row_numbers.to_numpy(zero_copy_only=False))
    for block in _opened(path, delivery_id, keys, wanted):
        try:
            stream = pa.ipc.open_stream(block["sealed"])
            batches = list(stream) or [empty_batch(stream.schema)]
        except pa.ArrowException:
            raise _damaged(path) from None
        for batch in batches:
            yield batch if wanted is None else batch.filter(pc.is_in(batch.column(ROW_NUMBER), pa.array(wanted)))


def read_header(path: Path) -> Header:
    """The header of a vault file. VaultError when it is not one."""
    return _header(path, _parquet(path).schema_arrow)


def count_rows(path: Path) -> int:
    """How many rows the file says it holds; no block is opened."""
    parquet = _parquet(path)
    return sum(_block(path, parquet, index, ["row_count"])["row_count"] for index in range(parquet.num_row_groups))


def _write(path: Path, delivery_id: str, keys: KeyRing, blocks: Iterator[dict]) -> int:
    header = Header(delivery_id, keys.current.key_id, secrets.token_bytes(SALT_BYTES))
    cipher = AESGCM(_file_key(path, header, keys))
    text = json.dumps(
        {"format": FORMAT, "delivery_id": delivery_id, "key_id": header.key_id, "salt": header.salt.hex()}
    )
    schema = _SCHEMA.with_metadata({_HEADER: text.encode()})
    rows = 0
    with pq.ParquetWriter(path, schema, compression="none", use_dictionary=False, write_statistics=False) as writer:
        for block in blocks:
            sealed = cipher.encrypt(_nonce(block), block["sealed"], header.associated(block))
            writer.write_batch(pa.RecordBatch.from_pylist([{**block, "sealed": sealed}], schema=schema))
            rows += block["row_count"]
    return rows


def _opened(path: Path, delivery_id: str, keys: KeyRing, wanted: np.ndarray | None = None) -> Iterator[dict]:
    """Each block with its content in the clear, checked to be the one that belongs there, and the last to be last.

    With ``wanted`` blocks without such rows are passed over, except the last: it vouches for the number of blocks.
    """
    parquet = _parquet(path)
    header = _header(path, parquet.schema_arrow)
    if header.delivery_id != delivery_id:
        raise VaultError(
            f"Tệp kho định danh «{path.name}» thuộc lần nạp khác. Hãy trả tệp về đúng tên của nó, hoặc nạp lại tệp gốc."
        )
    cipher = AESGCM(_file_key(path, header, keys))
    is_last = False
    for index in range(parquet.num_row_groups):
        place = _block(path, parquet, index, _PLACE)
        if is_last or place["block_index"] != index:
            raise _damaged(path)
        is_last = place["is_last"]
        if wanted is not None and not is_last and not _holds_any(place, wanted):
            continue
        sealed = _block(path, parquet, index, ["sealed"])["sealed"]
        try:
            yield {**place, "sealed": cipher.decrypt(_nonce(place), sealed, header.associated(place))}
        except InvalidTag:
            raise _damaged(path) from None
    if not is_last:
        raise _damaged(path)


def _holds_any(place: dict, wanted: np.ndarray) -> bool:
    return np.searchsorted(wanted, place["first_row_number"]) < np.searchsorted(
        wanted, place["last_row_number"], side="right"
    )


def _nonce(place: dict) -> bytes:
    return place["block_index"].to_bytes(12, "big")


def _file_key(path: Path, header: Header, keys: KeyRing) -> bytes:
    key = keys.file_key(header.key_id, header.salt)
    if key is None:
        raise VaultError(
            f"Tệp kho định danh «{path.name}» được mã hóa bằng khóa {header.key_id}, khóa này không có trong tệp khóa "
            f"«{keys.path}». Hãy dùng đúng tệp khóa của thư mục dữ liệu này."
        )
    return key


def _damaged(path: Path) -> VaultError:
    return VaultError(
        f"Tệp kho định danh «{path.name}» bị hỏng hoặc đã bị sửa. Hãy chép lại từ bản sao lưu, hoặc nạp lại tệp gốc."
    )


def _parquet(path: Path) -> pq.ParquetFile:
    try:
        parquet = pq.ParquetFile(path)
    except FileNotFoundError:
        raise VaultError(f"Kho định danh không có tệp «{path.name}». Lần nạp này chưa có định danh nào.") from None
    except (pa.ArrowException, OSError):
        raise _damaged(path) from None
    if parquet.schema_arrow.names != _SCHEMA.names:
        raise _damaged(path)
    return parquet


def _header(path: Path, schema: pa.Schema) -> Header:
    try:
        content = json.loads((schema.metadata or {})[_HEADER])
        if content["format"] != FORMAT:
            raise ValueError("another format")
        return Header(content["delivery_id"], content["key_id"], bytes.fromhex(content["salt"]))
    except (KeyError, ValueError, TypeError):
        raise _damaged(path) from None


def _block(path: Path, parquet: pq.ParquetFile, index: int, columns: list[str]) -> dict:
    """Some columns of one block. All of them must have a value and be of the type they were written with."""
    try:
        table = parquet.read_row_group(index, columns=columns).cast(
            pa.schema([_SCHEMA.field(name) for name in columns])
        )
        (block,) = table.to_pylist()
    except (pa.ArrowException, OSError, ValueError):
        raise _damaged(path) from None
    if any(value is None for value in block.values()) or block.get("block_index", 0) < 0:
        raise _damaged(path)
    return block


def _packed(schema: pa.Schema, tables: Iterable[pa.Table]) -> Iterator[dict]:
    """Blocks in the clear; one is held back, because the last has to say that it is the last."""
    held, last_row_number = None, 0
    for index, table in enumerate(tables):
        numbers = table[ROW_NUMBER].to_numpy()
        if len(numbers) and (numbers[0] <= last_row_number or not (np.diff(numbers) > 0).all()):
            raise ValueError(f"{ROW_NUMBER} must ascend from 1, each once")
        if held is not None:
            yield held
        first, last_row_number = (int(numbers[0]), int(numbers[-1])) if len(numbers) else (0, last_row_number)
        held = {
            "block_index": index,
            "first_row_number": first,
            "last_row_number": last_row_number,
            "row_count": len(numbers),
            "is_last": False,
            "sealed": _stream(schema, table),
        }
    yield {**held, "is_last": True}


def _stream(schema: pa.Schema, table: pa.Table) -> bytes:
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, schema, options=pa.ipc.IpcWriteOptions(compression="zstd")) as writer:
        writer.write_table(table)
    return sink.getvalue().to_pybytes()


def _blocks(schema: pa.Schema, batches: Iterable[pa.RecordBatch]) -> Iterator[pa.Table]:
    """The batches joined and cut to blocks of about BLOCK_ROWS rows or BLOCK_BYTES; one empty if there is none."""
    pending, rows, size, is_any = [], 0, 0, False
    for piece in _pieces(batches):
        pending.append(piece)
        rows, size = rows + len(piece), size + piece.nbytes
        if rows >= BLOCK_ROWS or size >= BLOCK_BYTES:
            yield pa.Table.from_batches(pending, schema).combine_chunks()
            pending, rows, size, is_any = [], 0, 0, True
    if pending or not is_any:
        yield pa.Table.from_batches(pending, schema).combine_chunks()


def _pieces(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    for batch in batches:
        step = max(1, min(BLOCK_ROWS, BLOCK_BYTES * len(batch) // max(batch.nbytes, 1)))
        for start in range(0, len(batch), step):
            yield batch.slice(start, step)
