"""Gate 1: registers: units, their changes, procedures, days off."""

from __future__ import annotations

from expectations.results import FLAG_ROW, REFUSE_FILE, REJECT_ROW, REPORT
from expectations.rules import Rule, SourceSuite

# "07:30"
_CLOCK_TIME = "([01][0-9]|2[0-3]):[0-5][0-9]"
_CLOCK_TITLES = {
    "opens_at": "Giờ mở cửa",
    "break_starts_at": "Giờ bắt đầu nghỉ trưa",
    "break_ends_at": "Giờ hết nghỉ trưa",
    "closes_at": "Giờ đóng cửa",
}
# Ten years in each unit: 250 working days of 8 hours a year. A longer limit is a slip, and due dates made of it would
# lie beyond every calendar.
_LONGEST_LIMIT = "case sla_unit_code when 'working_hour' then 20000 when 'working_day' then 2500 else 3650 end"
# Tết with the days before and after it is the longest stretch: 7 to 9 weekdays.
MOST_WEEKDAYS_OFF = 10
# Changes that hand everything on; parts may go to and fro on one day.
WHOLE_CHANGE = (
    "share_rate = 1 and change_code <> 'transferred' and (predecessor_unit_code <> successor_unit_code "
    "or coalesce(predecessor_authority_code, authority_code) <> authority_code)"
)


def circle_sql(changes: str) -> str:
    """CTEs `edges` and `circle`: the whole changes of relation `changes`, and those that lie in a circle of one day.

    Both have the columns of `changes`, and `old_unit` and `new_unit` as pairs of authority and unit.
    """
    same_day = "changes.effective_date = walks.effective_date"
    return (
        "with recursive edges as (select *, row(coalesce(predecessor_authority_code, authority_code), "
        "predecessor_unit_code) as old_unit, row(authority_code, successor_unit_code) as new_unit "
        f"from {changes} as changes where {WHOLE_CHANGE}), "
        # Nearly always empty: only a unit that both hands on and takes over on that day can lie in a circle.
        "inner_edges as (select * from edges as changes "
        "where exists (select 1 from edges as walks where walks.new_unit = changes.old_unit "
        f"and {same_day}) and exists (select 1 from edges as walks where walks.old_unit = changes.new_unit "
        f"and {same_day})), "
        "walks as (select old_unit as first_unit, new_unit as last_unit, effective_date from inner_edges union "
        "select walks.first_unit, changes.new_unit, walks.effective_date from walks "
        f"inner join inner_edges as changes on changes.old_unit = walks.last_unit and {same_day}), "
        "circle as (select * from inner_edges as changes where exists (select 1 from walks "
        f"where walks.first_unit = changes.new_unit and walks.last_unit = changes.old_unit and {same_day})) "
    )


def authority_rule(suite: SourceSuite) -> Rule:
    """The rule on every source that makes a place of its own of each authority code."""
    return suite.rows(
        "authority_is_no_unit",
        "Mã địa phương là mã của tỉnh, thành phố, không phải mã đơn vị (có dấu chấm)",
        "Cột mã địa phương ghi H99.01 thay vì H99: H99.01 thành một địa phương riêng",
        REPORT,
        fails="contains(authority_code, '.')",
        column="authority_code",
        why="Dòng vẫn tính, nhưng cho một địa phương không có thật; người gửi phải nói mã nào đúng",
    )


def unit_rules() -> list[Rule]:
    """Rules on a delivery of `unit_registry__units`."""
    suite = SourceSuite("unit_registry__units", "units")
    key = ("authority_code", "unit_code")
    return [
        suite.has_rows(REFUSE_FILE),
        *version_rules(suite, key, "Đơn vị H99.01"),
        suite.rows(
            "parent_is_another_unit",
            "Đơn vị không là cấp trên của chính mình",
            "H99.01 có đơn vị cấp trên là H99.01",
            FLAG_ROW,
            fails="parent_unit_code = unit_code",
            applies="parent_unit_code is not null",
            column="parent_unit_code",
        ),
        suite.rule(
            "parent_listed",
            "Đơn vị cấp trên có trong cùng danh mục",
            "H99.31 thuộc H99.3, danh mục không có H99.3",
            FLAG_ROW,
            failing="select source_row_number from batch as child where parent_unit_code is not null "
            "and not exists (select 1 from batch as parent where parent.authority_code = "
            "child.authority_code and parent.unit_code = child.parent_unit_code)",
            checked="select count(*) from batch where parent_unit_code is not null",
            column="parent_unit_code",
        ),
        suite.one_spelling("unit_name", "Tên đơn vị"),
        suite.rule(
            "authority_listed",
            "Mỗi địa phương có một dòng cho chính mình (khối «authority»)",
            "Danh mục của H99 không có dòng mã H99",
            REPORT,
            failing="select authority_code from batch group by authority_code having "
            "count(*) filter (where unit_code = authority_code and unit_bloc_code = 'authority') = 0",
            checked="select count(distinct authority_code) from batch",
            why="Thiếu một dòng: không có dòng nào để đánh dấu",
        ),
    ]


def procedure_rules() -> list[Rule]:
    """Rules on a delivery of `procedure_registry__procedures`."""
    suite = SourceSuite("procedure_registry__procedures", "procedures")
    key = ("authority_code", "procedure_code")
    return [
        suite.has_rows(REFUSE_FILE),
        *version_rules(suite, key, "Thủ tục 1.002835"),
        suite.rows(
            "time_limit_positive",
            "Thời hạn giải quyết lớn hơn 0; thủ tục không quy định thời hạn thì để trống",
            "Thời hạn -5 ngày",
            REJECT_ROW,
            fails="sla_value <= 0",
            applies="sla_value is not null",
            column="sla_value",
            why="Thời hạn này được công bố và dùng để tính hạn của từng hồ sơ",
        ),
        suite.rows(
            "time_limit_within_ten_years",
            "Thời hạn giải quyết không quá 10 năm (3.650 ngày, 2.500 ngày làm việc, 20.000 giờ làm việc)",
            "Thời hạn 999999999 ngày làm việc",
            REJECT_ROW,
            fails=f"sla_value > {_LONGEST_LIMIT}",
            applies="sla_value is not null",
            column="sla_value",
            why="Hạn tính từ số này rơi ra ngoài mọi lịch",
        ),
        suite.rows(
            "time_limit_has_unit",
            "Thời hạn giải quyết có đơn vị tính",
            "Thời hạn 5, không ghi ngày làm việc hay ngày lịch",
            FLAG_ROW,
            fails="sla_unit_code is null",
            applies="sla_value is not null",
            column="sla_unit_code",
        ),
        suite.one_spelling("domain_name", "Tên lĩnh vực"),
    ]


def change_rules() -> list[Rule]:
    """Rules on a delivery of `unit_registry__unit_changes`."""
    suite = SourceSuite("unit_registry__unit_changes", "changes")
    old_unit = "old_authority_code, predecessor_unit_code, effective_date"
    old_units = "(select *, coalesce(predecessor_authority_code, authority_code) as old_authority_code from batch)"
    return [
        suite.has_rows(REFUSE_FILE),
        suite.once(
            "change_once",
            "Mỗi cặp đơn vị cũ, đơn vị kế thừa có một dòng cho một ngày hiệu lực",
            "H99.07 sang H99.01 từ 01/07/2025 ở dòng 12 và dòng 34",
            FLAG_ROW,
            keys=("authority_code", "predecessor_unit_code", "successor_unit_code", "effective_date"),
            column="successor_unit_code",
        ),
        suite.rows(
            "successor_is_another_unit",
            "Đơn vị kế thừa khác đơn vị cũ, trừ khi chia tách hoặc chuyển một phần",
            "H99.01 sáp nhập vào H99.01",
            FLAG_ROW,
            fails="predecessor_unit_code = successor_unit_code "
            "and coalesce(predecessor_authority_code, authority_code) = authority_code",
            applies="change_code in ('renamed', 'merged')",
            column="successor_unit_code",
        ),
        suite.rows(
            "share_from_0_to_1",
            "Phần chuyển sang đơn vị kế thừa lớn hơn 0 và không quá 1",
            "Phần chuyển ghi 40 thay cho 0,4",
            REJECT_ROW,
            fails="share_rate <= 0 or share_rate > 1",
            column="share_rate",
            why="Nhân số liệu của đơn vị cũ với phần này là làm sai số của đơn vị kế thừa",
        ),
        suite.rule(
            "no_circle",
            "Các đơn vị không chuyển hết việc cho nhau theo vòng tròn trong cùng một ngày",
            "Dòng 12: H99.120 sáp nhập vào H99.121; dòng 34: H99.121 sáp nhập vào H99.120, cùng từ 01/08/2026",
            REJECT_ROW,
            failing=f"{circle_sql('batch')} select distinct source_row_number from circle",
            checked=f"select count(*) from batch where {WHOLE_CHANGE}",
            column="successor_unit_code",
            why="Không biết sau ngày ấy còn đơn vị nào; loại mọi dòng của vòng để người gửi giữ lại dòng đúng",
        ),
        suite.rule(
            "shares_add_up",
            "Các phần của một đơn vị cũ cộng lại bằng 1",
            "H99.07 chia 0,6 cho H99.01 và 0,3 cho H99.02: thiếu 0,1",
            REPORT,
            failing=f"select {old_unit} from {old_units} as changes group by {old_unit} "
            "having abs(sum(share_rate) - 1) > 0.001",
            checked=f"select count(*) from (select distinct {old_unit} from {old_units} as changes) as old_units",
            why="Tổng sai với nhiều dòng cùng lúc, không quy được cho dòng nào",
        ),
    ]


def day_off_rules() -> list[Rule]:
    """Rules on a delivery of `calendar__days_off`."""
    suite = SourceSuite("calendar__days_off", "days_off")
    return [
        suite.has_rows(REFUSE_FILE),
        suite.once(
            "day_once",
            "Mỗi ngày của một địa phương có một dòng trong tệp",
            "Ngày 30/04/2026 ở dòng 12 và dòng 34",
            FLAG_ROW,
            keys=("authority_code", "calendar_date"),
            column="calendar_date",
        ),
        suite.rows(
            "worked_day_is_at_the_weekend",
            "Ngày làm bù là thứ Bảy hoặc Chủ nhật",
            "Làm bù ngày 21/08/2026, là thứ Sáu",
            FLAG_ROW,
            fails="extract(isodow from calendar_date) < 6",
            applies="kind_code = 'swap_work'",
            column="calendar_date",
        ),
        suite.rows(
            "swapped_day_is_a_weekday",
            "Ngày nghỉ hoán đổi là từ thứ Hai đến thứ Sáu",
            "Nghỉ hoán đổi ngày 22/08/2026, là thứ Bảy",
            FLAG_ROW,
            fails="extract(isodow from calendar_date) >= 6",
            applies="kind_code = 'swap_off'",
            column="calendar_date",
        ),
        _few_weekdays_off(suite),
    ]


def _few_weekdays_off(suite: SourceSuite) -> Rule:
    weekdays_off = (
        "select *, date_trunc('month', calendar_date) as month from batch "
        "where kind_code <> 'swap_work' and extract(isodow from calendar_date) < 6"
    )
    return suite.rule(
        "few_weekdays_off_in_a_month",
        f"Mỗi tháng của một địa phương có không quá {MOST_WEEKDAYS_OFF} ngày nghỉ từ thứ Hai đến thứ Sáu; "
        "nhiều hơn thì hãy kiểm tra lại",
        "Tháng 10/2026 có 22 ngày nghỉ: cả tháng không ngày nào tính vào thời hạn",
        FLAG_ROW,
        failing=f"select source_row_number from ({weekdays_off}) as days inner join "
        f"(select authority_code, month from ({weekdays_off}) as days group by authority_code, month "
        f"having count(distinct calendar_date) > {MOST_WEEKDAYS_OFF}) as months using (authority_code, month)",
        checked=f"select count(*) from ({weekdays_off}) as days",
        column="calendar_date",
        why="Có thể địa phương được nghỉ thật; ngày nghỉ vẫn được dùng",
    )


def working_hour_rules() -> list[Rule]:
    """Rules on a delivery of `calendar__working_hours`."""
    suite = SourceSuite("calendar__working_hours", "working_hours")
    times = tuple(_CLOCK_TITLES)
    readable = {name: f"coalesce(regexp_full_match({name}, '{_CLOCK_TIME}'), true)" for name in times}
    is_time = " and ".join(readable.values())
    in_order = (
        "opens_at < closes_at and (break_starts_at is null) = (break_ends_at is null) and coalesce("
        "opens_at <= break_starts_at and break_starts_at <= break_ends_at and break_ends_at <= closes_at, true)"
    )
    minutes = {name: f"(cast(left({name}, 2) as int) * 60 + cast(right({name}, 2) as int))" for name in times}
    worked = (
        f"{minutes['closes_at']} - {minutes['opens_at']} "
        f"- coalesce({minutes['break_ends_at']} - {minutes['break_starts_at']}, 0)"
    )
    return [
        suite.has_rows(REFUSE_FILE),
        *version_rules(suite, ("authority_code", "unit_code", "iso_weekday"), "Thứ Hai của H99"),
        *(
            suite.rows(
                f"{name}_readable",
                f"{title} ghi dạng giờ:phút hai chữ số (07:30)",
                f"{title} ghi 7h30",
                REJECT_ROW,
                fails=f"not {readable[name]}",
                applies=f"{name} is not null",
                column=name,
                why="Không đọc được giờ thì không tính được thời hạn",
            )
            for name, title in _CLOCK_TITLES.items()
        ),
        suite.rows(
            "hours_in_order",
            "Mở cửa, nghỉ trưa, hết nghỉ, đóng cửa theo thứ tự thời gian",
            "Mở cửa 13:00, đóng cửa 07:00",
            REJECT_ROW,
            fails=f"not ({in_order})",
            applies=is_time,
            column="opens_at",
            why="Giờ ngược không cho thời gian làm việc nào",
        ),
        suite.rows(
            "working_day_has_eight_hours",
            "Ngày tính thời hạn có đúng 8 giờ làm việc",
            "Thứ Hai mở 07:00–11:00 và 13:30–17:00: 7,5 giờ",
            REJECT_ROW,
            fails=f"{worked} <> 480",
            applies=f"is_time_limit and {is_time} and {in_order}",
            column="closes_at",
            why="Một ngày làm việc được tính là 8 giờ; giờ khác làm sai mọi hạn của đơn vị",
        ),
    ]


def version_rules(suite: SourceSuite, key: tuple[str, ...], who: str) -> list[Rule]:
    """What holds for every register with versions: `key` names the thing, `who` an example of it."""
    same = " and ".join(f"earlier.{column} = later.{column}" for column in key)
    return [
        suite.once(
            "version_once",
            "Mỗi phiên bản một dòng trong tệp",
            f"{who}, hiệu lực từ 01/07/2025, ở dòng 12 và dòng 34",
            FLAG_ROW,
            keys=(*key, "valid_from_date"),
            column="valid_from_date",
        ),
        suite.rows(
            "validity_in_order",
            "Ngày hết hiệu lực không trước ngày bắt đầu",
            f"{who}: từ 01/07/2025 đến 30/06/2024",
            REJECT_ROW,
            fails="valid_to_date < valid_from_date",
            applies="valid_to_date is not null",
            column="valid_to_date",
            why="Phiên bản hết hiệu lực trước khi bắt đầu không có hiệu lực ngày nào",
        ),
        suite.rule(
            "versions_do_not_overlap",
            "Hiệu lực các phiên bản không chồng nhau",
            f"{who}: đến 31/12/2025, và bản khác từ 01/07/2025",
            FLAG_ROW,
            failing="select distinct later.source_row_number from batch as earlier inner join batch as later "
            f"on {same} and earlier.valid_from_date < later.valid_from_date "
            "and (earlier.valid_to_date is null or earlier.valid_to_date >= later.valid_from_date)",
            checked="select count(*) from batch",
            column="valid_from_date",
        ),
    ]
