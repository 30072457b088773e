"""Take the contact data of a list of rows out of the vault, encrypted and logged. The only way out there is.

The list names rows as (``delivery_id``, ``source_row_number``) and may carry further columns, such as the dossier
code, which stand beside the contacts in the result. ID numbers stay in the vault. The result is an Excel workbook
inside a passphrase file; it is made in memory, so nothing in the clear touches the disk.
Does not belong here: drawing the sample.
"""

from __future__ import annotations

import csv
import datetime as dt
import hashlib
import io
import os
import pwd
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from dagster_project.vault.columns import ROW_NUMBER, identity_column
from dagster_project.vault.errors import VaultError
from dagster_project.vault.export_log import append_line
from dagster_project.vault.kinds import CONTACT_KINDS, KIND_NAMES
from dagster_project.vault.passphrase_file import decrypt, encrypt
from dagster_project.vault.private_files import put_new, staged
from dagster_project.vault.store import Vault

DELIVERY = "delivery_id"
# A sample has thousands of rows; whoever asks for more wants the register itself.
MAX_ROWS = 100_000
MIN_REASON = 10
NOTE = "Ghi chú"
NOT_KEPT = "không có trong kho định danh"

Row = dict[str, str]


@dataclass(frozen=True)
class FrameResult:
    """``row_count`` rows were asked for and written; ``missing_count`` of them have no identity in the vault."""

    row_count: int
    missing_count: int


def read_list(path: Path) -> list[Row]:
    """The rows of a CSV list (UTF-8, header line). VaultError names the line that cannot be used."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as handle:
            rows = list(csv.DictReader(handle, restkey="", restval=""))
    except (OSError, UnicodeDecodeError, csv.Error):
        raise VaultError(f"Không đọc được danh sách «{path}». Cần tệp CSV, bảng mã UTF-8.") from None
    if not rows or not {DELIVERY, ROW_NUMBER} <= rows[0].keys():
        raise VaultError(f"Danh sách «{path}» phải có ít nhất một dòng và hai cột {DELIVERY}, {ROW_NUMBER}.")
    for number, row in enumerate(rows, start=2):
        if "" in row or not (row[ROW_NUMBER].isascii() and row[ROW_NUMBER].isdigit() and len(row[ROW_NUMBER]) < 19):
            raise VaultError(f"Danh sách «{path}», dòng {number}: {ROW_NUMBER} phải là số, và không có ô thừa.")
    return rows


def export_frame(
    vault: Vault, rows: Sequence[Row], out: Path, passphrase: str, *, who: str, why: str, now: dt.datetime | None = None
) -> FrameResult:
    """Write the contacts of ``rows``, in their order, to the new file ``out``; the log line is on disk before it is.

    VaultError when who or why are not said, the list is empty, too long, names a row twice or no row of the vault,
    or ``out`` exists.
    """
    _check_request(rows, out, who, why)
    contacts = _contacts(vault, rows)
    missing = sum(_key(row) not in contacts for row in rows)
    if missing == len(rows):
        raise VaultError("Không dòng nào của danh sách có trong kho định danh. Hãy kiểm tra lại danh sách.")
    names = list(dict.fromkeys(name for contact in contacts.values() for name in contact))
    content = encrypt(_workbook(rows, names, contacts), passphrase)
    entry = {
        "at": (now or dt.datetime.now().astimezone()).isoformat(timespec="seconds"),
        "who": who.strip(),
        "account": _account(),
        "why": why.strip(),
        "row_count": len(rows),
        "missing_count": missing,
        "columns": names,
        "list_sha256": hashlib.sha256(repr(sorted(map(_key, rows))).encode()).hexdigest(),
        "file_name": out.name,
        "file_sha256": hashlib.sha256(content).hexdigest(),
    }
    with staged(out) as temporary:
        temporary.write_bytes(content)
        append_line(vault, entry)
        if not put_new(temporary, out):
            raise VaultError(f"Tệp «{out}» vừa được người khác tạo. Hãy chọn tên khác.")
    return FrameResult(len(rows), missing)


def open_frame(source: Path, out: Path, passphrase: str, data_root: Path) -> None:
    """Turn an exported file into the Excel workbook inside it, readable by its owner alone.

    VaultError for a wrong passphrase, and for a place under the data root: nothing in the clear belongs there.
    """
    if out.resolve().is_relative_to(data_root.resolve()):
        raise VaultError(f"Không mở danh sách liên hệ vào thư mục dữ liệu «{data_root}». Hãy chọn nơi khác.")
    try:
        content = decrypt(source.read_bytes(), passphrase)
    except OSError as error:
        raise VaultError(f"Không đọc được tệp «{source}»: {error.strerror}.") from None
    with staged(out) as temporary:
        temporary.write_bytes(content)
        if not put_new(temporary, out):
            raise VaultError(f"Tệp «{out}» đã có. Hãy chọn tên khác.")


def _check_request(rows: Sequence[Row], out: Path, who: str, why: str) -> None:
    if not who.strip() or len(why.strip()) < MIN_REASON:
        raise VaultError(f"Hãy ghi rõ ai lấy danh sách và lấy để làm gì (lý do ít nhất {MIN_REASON} ký tự).")
    if not 0 < len(rows) <= MAX_ROWS:
        raise VaultError(f"Danh sách có {len(rows)} dòng; cần từ 1 đến {MAX_ROWS} dòng.")
    if len(set(map(_key, rows))) != len(rows):
        raise VaultError("Danh sách có dòng lặp lại (cùng lần nạp, cùng số dòng). Hãy bỏ dòng lặp rồi xuất lại.")
    if out.exists():
        raise VaultError(f"Tệp «{out}» đã có. Hãy chọn tên khác.")


def _key(row: Row) -> tuple[str, int]:
    return row[DELIVERY], int(row[ROW_NUMBER])


def _contacts(vault: Vault, rows: Sequence[Row]) -> dict[tuple[str, int], Row]:
    """The contact columns of every row that the vault knows."""
    import pyarrow as pa

    kept = set(vault.delivery_ids())
    asked: dict[str, list[int]] = {}
    for delivery_id, number in map(_key, rows):
        asked.setdefault(delivery_id, []).append(number)
    contacts = {}
    for delivery_id, numbers in asked.items():
        for batch in vault.read(delivery_id, pa.array(numbers)) if delivery_id in kept else ():
            names = [name for name in batch.schema.names[1:] if identity_column(name).kind in CONTACT_KINDS]
            for cells in batch.select([ROW_NUMBER, *names]).to_pylist():
                contacts[delivery_id, cells.pop(ROW_NUMBER)] = cells
    return contacts


def _workbook(rows: Sequence[Row], names: list[str], contacts: dict[tuple[str, int], Row]) -> bytes:
    import xlsxwriter

    own = [name for name in rows[0] if name not in names]
    memory = io.BytesIO()
    # Everything is text: a leading zero stays, and a name that begins with = is no formula.
    with xlsxwriter.Workbook(memory, {"in_memory": True}) as workbook:
        sheet = workbook.add_worksheet("Danh sách liên hệ")
        bold = workbook.add_format({"bold": True})
        for column, title in enumerate([*own, *map(_title, names), NOTE]):
            sheet.write_string(0, column, title, bold)
        for number, row in enumerate(rows, start=1):
            contact = contacts.get(_key(row))
            cells = [row[name] for name in own] + [(contact or {}).get(name) for name in names]
            for column, cell in enumerate([*cells, None if contact is not None else NOT_KEPT]):
                if cell is not None:
                    sheet.write_string(number, column, cell)
    return memory.getvalue()


def _title(name: str) -> str:
    return f"{KIND_NAMES[identity_column(name).kind]} ({name})"


def _account() -> str:
    user = os.geteuid()
    try:
        return pwd.getpwuid(user).pw_name
    except KeyError:  # a container without a user list
        return str(user)
