"""Which survey waves may be compared: those of one series have the same questionnaire, asker and people asked.

The series itself is made in ``dim_survey_waves``; here is only what to say where two waves are not of one.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dagster_project.console import vi_count

OWNER_TEXT = {"ministry": "Bộ Nội vụ", "province": "tỉnh", "unit": "đơn vị"}
MODE_TEXT = {
    "kiosk": "máy tại quầy",
    "online": "trực tuyến",
    "paper": "phiếu giấy",
    "phone": "điện thoại",
    "face_to_face": "phỏng vấn trực tiếp",
    "mixed": "nhiều hình thức",
    None: "không ghi hình thức hỏi",
}
POPULATION_TEXT = {"clients": "người đã nhận kết quả", "households": "người dân, hộ gia đình"}


def comparison_refusal(a: Mapping[str, Any], b: Mapping[str, Any]) -> str | None:
    """Why two rows of ``dim_survey_waves`` may not be compared, in one Vietnamese sentence; None where they may."""
    names = f"Không so được đợt {_named(a)} với đợt {_named(b)}: "
    if a["authority_code"] != b["authority_code"]:
        return f"{names}của hai địa phương khác nhau ({a['authority_code']} và {b['authority_code']})."
    if (a["wave_code"], a["instrument_code"]) == (b["wave_code"], b["instrument_code"]):
        return f"{names}đó là cùng một đợt; hãy chọn hai đợt khác nhau."
    if a["series_code"] == b["series_code"]:
        return None
    return names + "; ".join(_differences(a, b)) + "."


def coverage_text(wave: Mapping[str, Any]) -> str:
    """Of how many units a row of ``dim_survey_waves`` is, and how people were asked."""
    units = f"{vi_count(wave['unit_count'])} đơn vị" if wave["unit_count"] else "không phiếu nào nêu đơn vị"
    return f"{units}, {MODE_TEXT.get(wave['mode_code'], wave['mode_code'])}"


def coverage_caution(a: Mapping[str, Any], b: Mapping[str, Any]) -> str | None:
    """What to bear in mind where two waves of a whole authority are not of the same units; None where they are."""
    if a["unit_set_code"] == b["unit_set_code"]:
        return None
    return "Hai đợt không cùng các đơn vị: khác nhau có thể do đơn vị được hỏi."


def _differences(a: Mapping[str, Any], b: Mapping[str, Any]) -> list[str]:
    """What differs; where nothing known does, what nobody has said."""
    found = []
    if a["instrument_code"] != b["instrument_code"]:
        instruments = (f"«{row['instrument_name'] or row['instrument_code']}»" for row in (a, b))
        found.append(f"bộ câu hỏi khác nhau ({' và '.join(instruments)})")
    if _differ(a, b, "survey_owner_code"):
        found.append(f"người hỏi khác nhau ({_both(a, b, 'survey_owner_code', OWNER_TEXT)})")
    if _differ(a, b, "population_code"):
        found.append(f"người được hỏi khác nhau ({_both(a, b, 'population_code', POPULATION_TEXT)})")
    unknown = [_named(row) for row in (a, b) if not (row["survey_owner_code"] and row["population_code"])]
    if unknown:
        found.append(f"không rõ ai hỏi ai ở đợt {' và đợt '.join(unknown)}; hãy nạp danh sách đợt khảo sát")
    return found


def _differ(a: Mapping[str, Any], b: Mapping[str, Any], column: str) -> bool:
    """Both are known and not the same."""
    return bool(a[column] and b[column]) and a[column] != b[column]


def _both(a: Mapping[str, Any], b: Mapping[str, Any], column: str, texts: Mapping[str, str]) -> str:
    return " và ".join(texts.get(row[column], row[column]) for row in (a, b))


def _named(row: Mapping[str, Any]) -> str:
    return f"«{row['wave_code']}»"
