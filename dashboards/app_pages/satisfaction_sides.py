"""What others say of the same unit and year beside the survey: other waves, published figures, ratings."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dagster_project.surveying import comparing
from dashboards import components, download_buttons, downloads, labels, labels_surveys, state
from dashboards import data_access_surveys as surveys
from dashboards.components import Column

Row = Mapping[str, Any]

SIDES = (
    Column("Số liệu", "name"),
    Column("Ai hỏi, ai công bố", "wide"),
    Column("Hài lòng", "num"),
    Column("Khoảng tin cậy 95%", "num wide"),
    Column("n", "num"),
    Column("Nói thêm", "wide words"),
)
HEADERS = (
    "Số liệu",
    "Tên",
    "Ai hỏi, ai công bố",
    "Phương pháp",
    "Hài lòng (%)",
    "Khoảng 95%: dưới (%)",
    "Khoảng 95%: trên (%)",
    "n",
    "Đánh giá trên kết quả đã trả (%)",
    "Nơi công bố nêu so kỳ trước (điểm %)",
    "Nơi công bố nêu hạng",
    "Trong số nơi được xếp hạng",
    "Lý do không có số",
)
WIDTHS = (36, 56, 28, 12, 11, 11, 11, 11, 13, 14, 12, 12, 18)


def draw(view: state.View, wave: Row, unit_code: str, unit_name: str) -> None:
    """What others say of the same unit and year; nothing where nobody says anything."""
    year = labels_surveys.wave_year(wave)
    rows = surveys.sides(view.build, view.authority_code, unit_code, year) if year else []
    if not rows:
        return
    title = f"Các con số khác cùng năm {year}: {unit_name}"
    lead = (
        "Đây là số của những người khác nhau, theo thang và cách hỏi khác nhau: để cạnh nhau cho biết, "
        "không cộng, không lấy trung bình, không trừ số này cho số kia."
    )
    key = f"{wave['wave_code']}|{wave['instrument_code']}"
    cells = (_cells(row, row["side_key"] == key) for row in rows)
    components.show("<br>" + components.section(title, lead) + components.table(SIDES, cells, title))
    head = [("Đơn vị", f"{unit_name} ({unit_code})"), ("Năm", year), ("Lưu ý khi đọc", lead)]
    # The page has one table of the authority and perhaps one of a unit.
    name = "Số khác" if unit_code == view.authority_code else "Số khác của đơn vị"
    files = [_file_cells(row) for row in rows]
    sheet = download_buttons.sheet(view, title, name, head, HEADERS, files, WIDTHS)
    download_buttons.draw(view, sheet, f"hai-long_so-khac_{year}_{unit_code}")


def _cells(row: Row, is_shown: bool) -> list[str]:
    kind = labels_surveys.SIDE_TEXT[row["side_code"]]
    mark = ' <span class="badge quiet">đợt đang xem</span>' if is_shown else ""
    if row["satisfied_percent"] is None:
        value = f'<span class="missing">{_missing_text(row)}</span>'
    else:
        value = f'<span class="rate">{_percent_text(row)}%</span>'
    ends = [row["percent_low"], row["percent_high"]]
    interval = "không có" if None in ends else " – ".join(labels.format_decimal(end, 1) for end in ends) + "%"
    count = "không công bố" if row["answer_count"] is None else labels.format_count(row["answer_count"])
    owner, remarks = components.text(_owner(row)), components.text(_remarks(row))
    # A phone has no room for the columns of the asker and the remarks.
    on_phone = "; ".join(part for part in (owner, remarks) if part)
    return [
        f'<b>{kind}</b>{mark}<span class="counted">{components.text(row["side_name"])}</span>'
        f'<span class="sub">{on_phone}</span>',
        owner + f'<span class="small">{components.text(row["method_version"] or "")}</span>',
        value + f'<span class="sub">{interval}</span>',
        interval,
        count,
        remarks or "–",
    ]


def _remarks(row: Row) -> str:
    told = []
    if row["change_points"] is not None:
        sign = "+" if row["change_points"] > 0 else ""
        told.append(f"nơi công bố nêu {sign}{labels.format_published(row['change_points'])} điểm % so kỳ trước")
    if row["declared_rank"] is not None:
        told.append(f"nơi công bố xếp hạng {_rank_text(row)}")
    if row["coverage_rate"] is not None:
        told.append(f"đánh giá trên kết quả đã trả: {labels_surveys.percent(row['coverage_rate'])}")
    return "; ".join(told)


def _percent_text(row: Row) -> str:
    """The warehouse's own figures with one decimal; a published one as it was published."""
    if row["side_code"] == "declared":
        return labels.format_published(row["satisfied_percent"])
    return labels.format_decimal(row["satisfied_percent"], 1)


def _rank_text(row: Row) -> str:
    """A rank, among how many where that was published."""
    of = "" if row["ranked_count"] is None else f"/{labels.format_count(row['ranked_count'])}"
    return f"{labels.format_count(row['declared_rank'])}{of}"


def _missing_text(row: Row) -> str:
    return comparing.MISSING_TEXT.get(row["value_status"], "không tính được")


def _owner(row: Row) -> str:
    """Who asked, or who published."""
    if row["side_code"] == "rating":
        return "người bấm tại quầy, trên cổng"
    texts = labels_surveys.PUBLISHER_TEXT if row["side_code"] == "declared" else labels_surveys.OWNER_TEXT
    return texts.get(row["survey_owner_code"], row["survey_owner_code"])


def _file_cells(row: Row) -> list[Any]:
    return [
        labels_surveys.SIDE_TEXT[row["side_code"]],
        row["side_name"],
        _owner(row),
        row["method_version"] or "",
        (downloads.published if row["side_code"] == "declared" else downloads.rounded)(row["satisfied_percent"]),
        *(downloads.rounded(row[name]) for name in ("percent_low", "percent_high")),
        row["answer_count"],
        downloads.percent_number(row["coverage_rate"]),
        downloads.published(row["change_points"]),
        row["declared_rank"],
        row["ranked_count"],
        _missing_text(row) if row["satisfied_percent"] is None else "",
    ]
