"""The column contracts in words: what the documentation page and the templates say of a column.

Everything comes from ``sources/*.yml``; nothing is described twice.
Does not belong here: workbooks (``templates``), layouts.
"""

from __future__ import annotations

from dagster_project.landing.contracts import Column, SourceContract, load_contracts
from dagster_project.vault.columns import identity_column
from dagster_project.vault.kinds import KIND_NAMES

TYPE_NAMES = {
    "code": "Mã",
    "text": "Chữ",
    "integer": "Số nguyên",
    "decimal": "Số",
    "timestamp": "Ngày giờ",
    "date": "Ngày",
    "boolean": "Có/Không",
}
_WAYS_TO_FILL = {
    "code": "ghi như chữ, giữ số 0 ở đầu",
    "text": "ghi chữ",
    "integer": "số nguyên",
    "decimal": "số, có thể có phần thập phân",
    "timestamp": "ngày/tháng/năm giờ:phút",
    "date": "ngày/tháng/năm",
    "boolean": "«Có» hoặc «Không»",
}
_WITHOUT_THOUSANDS = "số; dấu phẩy là dấu thập phân (6,125), không ghi dấu ngăn cách hàng nghìn"
_PAGE_HEAD = """\
# Các nguồn số liệu

Mỗi nguồn có một bộ cột chuẩn. Trang này được sinh từ `dagster_project/landing/sources`; viết lại bằng
`cchc sources --markdown`.

Có ba cách gửi một nguồn:

1. **Mẫu có sẵn.** `cchc template <nguồn>` viết một sổ tính trống có chú thích và danh sách chọn; đơn vị điền rồi gửi
   lại.
2. **Tệp chuẩn** (CSV hoặc XLSX). Dòng tiêu đề là các tên cột dưới đây, thứ tự tùy ý, cột không bắt buộc có thể bỏ.
   Trong CSV: mã UTF-8, ngày là `năm-tháng-ngày` hoặc `ngày/tháng/năm`, dấu thập phân là dấu phẩy hoặc dấu chấm, cả
   cột theo một dấu. Cột có danh mục nhận cả mã lẫn tên.
3. **Tệp kết xuất của hệ thống.** Một bố cục trong `dagster_project/landing/layouts` ánh xạ tiêu đề của hệ thống
   sang các cột này.

Ô trống có nghĩa ghi ở cột «Khi trống», không bao giờ là số 0.
"""


def way_to_fill(column: Column) -> str:
    """How a cell of the column is written, in Vietnamese."""
    if column.codes:
        return "chọn trong danh sách: " + "; ".join(column.labels)
    if column.items:
        return "một hoặc nhiều tên trong danh sách, cách nhau bằng dấu chấm phẩy: " + "; ".join(
            dict(column.items).values()
        )
    if column.without_thousands:
        return _WITHOUT_THOUSANDS
    return _WAYS_TO_FILL[column.type]


def row_meaning(contract: SourceContract) -> str:
    """What one row stands for, in Vietnamese: its key in words."""
    return "một dòng cho mỗi bộ " + ", ".join(f"«{contract.column(name).heading}»" for name in contract.grain)


def sources_page() -> str:
    """The Markdown page of all sources: one section per source, one table row per column."""
    contracts = list(load_contracts().values())
    overview = [f"| [`{c.source}`](#{c.source}) | {c.title} | {len(c.columns)} |" for c in contracts]
    sections = [_section(contract) for contract in contracts]
    return "\n".join([_PAGE_HEAD, "| Nguồn | Nội dung | Số cột |", "|---|---|---:|", *overview, "", *sections])


def _section(contract: SourceContract) -> str:
    lines = [
        f"## {contract.source}",
        "",
        f"{contract.title}: {row_meaning(contract)}. {_dated_by(contract)}",
        "",
        "| Cột | Kiểu | Ý nghĩa | Khi trống | Ví dụ |",
        "|---|---|---|---|---|",
        *(_row(column) for column in contract.columns),
        "",
        *_number_lines(contract),
        *_identity_lines(contract),
    ]
    return "\n".join(lines)


def _number_lines(contract: SourceContract) -> list[str]:
    """How numbers are read where a lone mark is always a decimal mark."""
    if not any(column.without_thousands for column in contract.columns):
        return []
    return [
        "Cột kiểu «Số» không có dấu ngăn cách hàng nghìn: `6,125` và `6.125` đều là sáu phẩy một hai lăm, `1.200` là "
        "một phẩy hai.",
        "",
    ]


def _identity_lines(contract: SourceContract) -> list[str]:
    """Columns about people: not landed, so they are told apart from the others."""
    if not contract.identity:
        return []
    columns = map(identity_column, contract.identity)
    listed = ", ".join(f"`{column.name}` ({KIND_NAMES[column.kind].lower()})" for column in columns)
    return [f"Cột định danh, có thể có, vào kho định danh chứ không vào bảng: {listed}.", ""]


def _dated_by(contract: SourceContract) -> str:
    if not contract.observed:
        return "Là danh mục, không làm đổi ngày chốt số liệu."
    days = ", ".join(f"`{name}`" for name in contract.observed)
    return f"Ngày chốt của tệp lấy từ {days}."


def _row(column: Column) -> str:
    kind = TYPE_NAMES[column.type]
    meaning = column.definition
    choices = (*zip(column.codes, column.labels, strict=True), *column.items)
    if choices:
        listed = "; ".join(code if code == label else f"`{code}` {label}" for code, label in choices)
        meaning = f"{meaning}. Danh mục: {listed}"
    cells = [f"`{column.name}`", kind, meaning, column.null_rule, column.example]
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"
