"""A drawn sample read back, and where the vault keeps its people: the newest landed row of each dossier.

Does not belong here: opening the vault (its own export does, encrypted and logged).
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from dagster_project.settings import Settings
from dagster_project.surveying.errors import SurveyError
from dagster_project.surveying.frame import DOSSIERS
from dagster_project.surveying.landed import newest, open_landed, ordered_deliveries
from dagster_project.surveying.plan_files import read_table

Row = dict[str, str]

NEEDED = ("authority_code", "wave_code", "dossier_code")
# What an interviewer needs beside the contact.
SHOWN = (
    "wave_code", "ballot_code", "unit_code", "stratum_code", "draw_order", "is_replacement", "replacement_number",
    "dossier_code",
)  # fmt: skip
# More than these are not named one by one.
NAMED = 5


def read_sample(path: Path, wave_code: str | None = None) -> list[Row]:
    """The rows of a ``_mau.csv``, of one wave. SurveyError for blank cells, and when the wave is not there."""
    rows = read_table(path, NEEDED)
    for number, row in enumerate(rows, start=2):
        blank = [name for name in NEEDED if not row[name].strip()]
        if blank:
            raise SurveyError(f"Tệp «{path}», dòng {number}: cột {', '.join(blank)} không được để trống.")
    waves = sorted({row["wave_code"] for row in rows})
    if wave_code is not None and wave_code not in waves:
        raise SurveyError(f"Tệp «{path}» không có đợt «{wave_code}»; trong tệp là đợt {', '.join(waves)}.")
    if wave_code is None and len(waves) > 1:
        raise SurveyError(f"Tệp «{path}» có nhiều đợt: {', '.join(waves)}. Hãy chọn một bằng --wave.")
    return [row for row in rows if wave_code in (None, row["wave_code"])]


def vault_rows(settings: Settings, rows: Sequence[Row]) -> list[Row]:
    """The list that the vault's export takes, in the order of the sample. SurveyError naming dossiers not landed."""
    import pyarrow as pa

    keys = [(row["authority_code"], row["dossier_code"]) for row in rows]
    with open_landed(settings, ordered_deliveries(settings), [DOSSIERS]) as connection:
        wanted = {
            name: pa.array([row[name] for row in rows], pa.string()) for name in ("authority_code", "dossier_code")
        }
        connection.register("wanted", pa.table(wanted))
        chosen = f"(select * from {DOSSIERS} semi join wanted using (authority_code, dossier_code))"
        found = connection.execute(
            "select authority_code, dossier_code, delivery_id, source_row_number "
            f"from ({newest(chosen, ['authority_code', 'dossier_code'])})"
        ).fetchall()
    places = {(authority, code): (delivery_id, number) for authority, code, delivery_id, number in found}
    unknown = list(dict.fromkeys(code for authority, code in keys if (authority, code) not in places))
    if unknown:
        more = f" và {len(unknown) - NAMED} hồ sơ nữa" if len(unknown) > NAMED else ""
        raise SurveyError(
            f"Chưa nạp hồ sơ nào mang mã {', '.join(f'«{code}»' for code in unknown[:NAMED])}{more}. "
            "Hãy xem lại tệp mẫu, hoặc nạp danh sách hồ sơ rồi xuất lại."
        )
    return [_vault_row(row, *places[key]) for row, key in zip(rows, keys, strict=True)]


def _vault_row(row: Row, delivery_id: str, number: int) -> Row:
    shown = {name: row[name] for name in SHOWN if name in row}
    return {**shown, "delivery_id": delivery_id, "source_row_number": str(number)}
