"""Gate 1: registers: units, their changes, procedures, days off."""

from __future__ import annotations

from expectations.results import FLAG_ROW, REFUSE_FILE, REJECT_ROW, REPORT
from expectations.rules import Rule, SourceSuite

# "07:30"
_CLOCK_TIME = "([01][0-9]|2[0-3]):[0-5][0-9]"


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
            "Thời hạn giải quyết lớn hơn 0",
            "Thời hạn -5 ngày",
            FLAG_ROW,
            fails="sla_value <= 0",
            applies="sla_value is not null",
            column="sla_value",
            why="Thủ tục có thật; chỉ thời hạn sai",
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
    ]


def working_hour_rules() -> list[Rule]:
    """Rules on a delivery of `calendar__working_hours`."""
    suite = SourceSuite("calendar__working_hours", "working_hours")
    times = ("opens_at", "break_starts_at", "break_ends_at", "closes_at")
    is_time = " and ".join(f"coalesce(regexp_full_match({name}, '{_CLOCK_TIME}'), true)" for name in times)
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
        suite.rows(
            "clock_times_readable",
            "Giờ ghi dạng giờ:phút hai chữ số (07:30)",
            "Giờ mở cửa ghi 7h30",
            REJECT_ROW,
            fails=f"not ({is_time})",
            column="opens_at",
            why="Không đọc được giờ thì không tính được thời hạn",
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
