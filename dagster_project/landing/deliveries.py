"""The ledger: one JSON record per landed delivery. A delivery without its record does not exist.

Does not belong here: deciding whether a file lands (``load``).
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from functools import cache
from pathlib import Path
from typing import get_args, get_origin, get_type_hints

from dagster_project.settings import Settings

# Of a hash, as a delivery's id.
ID_DIGITS = 16


class LedgerError(Exception):
    """The ledger holds a record that is not one of ours. The message is a Vietnamese sentence that names the file."""


@dataclass(frozen=True)
class Delivery:
    """One landed file. ``rows_read = rows_accepted + rows_rejected + rows_ignored`` always.

    ``data_from_date``/``data_until_date`` are ISO days over the contract's observed columns, None when the
    delivery has none; ``landed_at`` is ISO local time and the only field taken from a clock.
    ``landed_parquet_sha256`` vouches for the file on disk. Landing the same large file twice gives the same
    rows in the same order, but row groups may be cut elsewhere (threads), so do not use it as an identity.
    ``ignored_rows``: {reason_code, row_count, row_numbers: "3-5,9"} per reason (blank rows without numbers).
    ``total_differences``: {row_number, label, column_name, declared, computed} of total rows that disagree with the
    rows they sum up. ``identity_columns`` are headers that went to the vault, ``unread_tables`` tables of the file
    that no layout knows, ``given_values`` what the loading person added ("unit_code=H99.01").
    ``spare_columns``: a sentence for each column left unread because another one of the same meaning is there.
    A file with several tables gives several deliveries; ``file_delivery_ids`` names them all, and the first of them
    is committed last: without it none of them exists.
    """

    delivery_id: str
    source_code: str
    layout_code: str
    layout_hash: str
    contract_hash: str
    file_name: str
    file_size: int
    file_sha256: str
    sheet_name: str | None
    rows_read: int
    rows_accepted: int
    rows_rejected: int
    rows_ignored: int
    unused_columns: list[str]
    withheld_columns: list[str]
    absent_columns: list[str]
    authority_codes: list[str]
    data_from_date: str | None
    data_until_date: str | None
    landed_parquet_sha256: str
    landed_at: str
    rule_results: list[dict] = field(default_factory=list)
    rejected_parquet_sha256: str | None = None
    flags_parquet_sha256: str | None = None
    container: str = ""
    encoding: str = ""
    header_rows: list[int] = field(default_factory=list)
    ignored_rows: list[dict] = field(default_factory=list)
    total_differences: list[dict] = field(default_factory=list)
    identity_columns: list[str] = field(default_factory=list)
    hash_key_id: str | None = None
    rules_hash: str | None = None
    unread_tables: list[str] = field(default_factory=list)
    given_values: list[str] = field(default_factory=list)
    spare_columns: list[str] = field(default_factory=list)
    archive_name: str | None = None
    file_delivery_ids: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Refuse a record that loses or invents a row."""
        if self.rows_read != self.rows_accepted + self.rows_rejected + self.rows_ignored:
            raise ValueError(
                f"rows are not conserved: read {self.rows_read}, accepted {self.rows_accepted}, "
                f"rejected {self.rows_rejected}, ignored {self.rows_ignored}"
            )


def landed_path(settings: Settings, source: str, delivery_id: str) -> Path:
    """Typed rows of one delivery."""
    return settings.landing / source / f"{delivery_id}.parquet"


def rejected_path(settings: Settings, source: str, delivery_id: str) -> Path:
    """Rejected rows of one delivery; the file exists only when there are some."""
    return settings.landing / "_rejected" / source / f"{delivery_id}.parquet"


def flags_path(settings: Settings, source: str, delivery_id: str) -> Path:
    """Flagged rows of one delivery, which count as accepted too; the file exists only when there are some."""
    return settings.landing / "_flags" / source / f"{delivery_id}.parquet"


def record_path(settings: Settings, delivery_id: str) -> Path:
    """The delivery record, written last."""
    return settings.landing / "_deliveries" / f"{delivery_id}.json"


def read_delivery(settings: Settings, delivery_id: str) -> Delivery | None:
    """The record of one delivery, or None when it has not landed. LedgerError when it is not a record."""
    path = record_path(settings, delivery_id)
    return _read(path) if path.exists() else None


def deliveries_of(settings: Settings, file_sha256: str) -> list[Delivery]:
    """The first delivery of a file's content for each set of values it was landed with, the one without any first."""
    plain = file_sha256[:ID_DIGITS]
    folder = settings.landing / "_deliveries"
    # Thousands of files are asked for in turn: only names are read of the other records.
    paths = {folder / f"{plain}.json", *folder.glob(f"*{plain[: ID_DIGITS // 2]}.json")}
    found = [_read(path) for path in sorted(paths, key=lambda path: (path.stem != plain, path.stem)) if path.exists()]
    return [delivery for delivery in found if delivery.file_sha256 == file_sha256]


def list_deliveries(settings: Settings) -> list[Delivery]:
    """Every landed delivery, by source and then delivery id (a total order without clocks).

    LedgerError when the ledger holds something else too.
    """
    folder = settings.landing / "_deliveries"
    found = {path.stem: _read(path) for path in sorted(folder.glob("*.json"))}
    whole = [
        delivery
        for delivery in found.values()
        if not delivery.file_delivery_ids or delivery.file_delivery_ids[0] in found
    ]
    return sorted(whole, key=lambda delivery: (delivery.source_code, delivery.delivery_id))


def _read(path: Path) -> Delivery:
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
        delivery = Delivery(**record)
        wrong = [name for name, kind in _kinds().items() if not _fits(getattr(delivery, name), kind)]
    except (OSError, ValueError, TypeError) as error:
        raise foreign_record(path) from error
    if wrong or delivery.delivery_id != path.stem:
        raise foreign_record(path)
    return delivery


@cache
def _kinds() -> dict[str, type]:
    return get_type_hints(Delivery)


def _fits(value: object, kind: object) -> bool:
    """Whether a value read from JSON is of the type that its field declares."""
    if get_origin(kind) is list:
        return isinstance(value, list) and all(_fits(item, get_args(kind)[0]) for item in value)
    # True is an int to Python, never a count of rows.
    return isinstance(value, kind) and not isinstance(value, bool)


def foreign_record(path: Path) -> LedgerError:
    """What to say of a file among the records that is none."""
    return LedgerError(
        f"Sổ các lần nạp có tệp không đọc được: {path}. Hãy chuyển tệp này ra chỗ khác, "
        "nạp lại tệp số liệu gốc (nếu có) bằng «cchc load», rồi làm lại."
    )


def stage_record(delivery: Delivery, work: Path) -> Path:
    """Write the record in ``work`` and return its path; moved to :func:`record_path` it commits the delivery."""
    text = json.dumps(asdict(delivery), ensure_ascii=False, indent=1, sort_keys=True)
    staged = work / f"{delivery.delivery_id}.json"
    staged.write_text(text + "\n", encoding="utf-8")
    return staged
