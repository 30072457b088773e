"""Gate 1, between deliveries: what one file alone cannot show. Judged when a build is planned.

Nothing is rejected here, for the rows have landed: a row is flagged, or the delivery reported.
"""

from __future__ import annotations

from expectations.results import FLAG_ROW, REPORT
from expectations.rules import GATE_LANDING, SENDER, PlanRule, plain_name_sql
from expectations.suites import around, scored, surveyed
from expectations.suites.registries import circle_sql

DOSSIERS = "one_stop__dossiers"
FORM_06A = "portal__form_06a_lines"
QUALITY = "one_stop__quality_scores"
REPORTS = "portal__on_time_reports"
UNITS = "unit_registry__units"
CHANGES = "unit_registry__unit_changes"
# Tables that several rules read, made once for all of them: name → query.
PREPARED = {around.SPOKEN_OF: around.SPOKEN_OF_SQL}
# Changes in a row that int_unit_successions_followed follows; a test there fails beyond.
MOST_CHANGES = 7
# A family shares a telephone. Beyond that somebody files for others, or an officer gives his own number, and
# nobody can ring the applicants to ask how they were served.
MOST_APPLICANTS_OF_A_PHONE = 10
# A month is unusual when it lies far from the unit's median both for the unit's own ups and downs and in proportion.
# 1.4826 makes the median deviation comparable with a standard deviation; a count of n varies by about √n by itself.
EARLIER_MONTHS = 6
DEVIATIONS = 3
FAR_SHARE = 0.5


def rules() -> list[PlanRule]:
    """All rules between deliveries, in the order of the documents: those on one source stand together."""
    found = [
        _carried_over(),
        _one_spelling("form_06a", FORM_06A, "unit_name", "Tên đơn vị"),
        _authority_known("dossiers", DOSSIERS),
        _unit_known(),
        _procedure_known(),
        _one_resolving_unit(),
        _phone_of_few_applicants(),
        _usual_volume(),
        _one_spelling("dossiers", DOSSIERS, "resolving_unit_name", "Tên đơn vị giải quyết"),
        _one_spelling("quality", QUALITY, "unit_name", "Tên đơn vị"),
        _authority_known("reports", REPORTS),
        _authority_known("survey", surveyed.ANSWERS),
        _authority_known("ballots", surveyed.BALLOTS),
        _authority_known("waves", surveyed.WAVES),
        _authority_known("survey_totals", surveyed.TOTALS),
        _authority_known("declared_results", surveyed.DECLARED),
        _unit_of_change_known("predecessor", "coalesce(predecessor_authority_code, authority_code)", "Đơn vị cũ"),
        _unit_of_change_known("successor", "authority_code", "Đơn vị kế thừa"),
        _no_circle(),
        _few_changes_in_a_row(),
        *around.rules(),
        *scored.rules(),
        *surveyed.rules(),
    ]
    subjects = list(dict.fromkeys(rule.subject for rule in found))
    return sorted(found, key=lambda rule: subjects.index(rule.subject))


def _carried_over() -> PlanRule:
    # Numbers of lines shift between periods, their names seldom; many reports name their unit and give no code.
    key = ("authority_code", "reporting_unit", "form_code", "level_name", "line_name")
    same = " and ".join(f"earlier.{column} is not distinct from later.{column}" for column in key)
    pairs = (
        # Of a period reported twice, the later delivery speaks.
        "with lines as (select reported.*, coalesce(unit_code, unit_name) as reporting_unit "
        f"from {FORM_06A} as reported inner join planned using (delivery_id) "
        f"qualify row_number() over (partition by {', '.join(key)}, period_start_date, period_end_date "
        "order by planned.position desc, source_row_number desc) = 1), "
        # Months, quarters and years may end on one day: it is enough that one of them agrees.
        "pairs as (select later.delivery_id, later.source_row_number, "
        "bool_or(earlier.open_total_count = later.received_carried_count) as is_equal "
        f"from lines as later inner join lines as earlier on {same} "
        "and earlier.period_end_date + 1 = later.period_start_date "
        "where earlier.open_total_count is not null and later.received_carried_count is not null "
        "group by later.delivery_id, later.source_row_number) "
    )
    return PlanRule(
        code="form_06a.carried_over_is_last_open",
        gate_code=GATE_LANDING,
        subject=FORM_06A,
        text="Số kỳ trước chuyển sang bằng số đang giải quyết cuối kỳ trước",
        owner=SENDER,
        example="Quý I còn 20 hồ sơ đang giải quyết, quý II ghi 17 từ kỳ trước",
        effect_code=FLAG_ROW,
        failing=f"{pairs} select delivery_id, source_row_number from pairs where not is_equal",
        checked=f"{pairs} select delivery_id, count(*) as checked_count from pairs group by delivery_id",
        column="received_carried_count",
        why="Cả hai kỳ đều có thể sai; số được giữ, ô «từ kỳ trước» của kỳ sau được đánh dấu",
    )


def _authority_known(prefix: str, subject: str) -> PlanRule:
    listed = "select 1 from unit_registry__units as units"
    return PlanRule(
        code=f"{prefix}.authority_known",
        gate_code=GATE_LANDING,
        subject=subject,
        text="Mã địa phương có trong danh mục đơn vị",
        owner=SENDER,
        example="Tệp ghi H9 hoặc H99.01, danh mục chỉ có H99: bảng điều khiển có thêm một địa phương không có thật",
        effect_code=REPORT,
        failing=f"select distinct delivery_id, authority_code from {subject} as used where exists ({listed}) "
        f"and not exists ({listed} where units.authority_code = used.authority_code)",
        checked=f"select delivery_id, count(distinct authority_code) as checked_count from {subject} "
        f"where exists ({listed}) group by delivery_id",
        column="authority_code",
        why="Có thể mã sai, có thể danh mục của địa phương ấy chưa nạp; số liệu được giữ",
    )


def _unit_known() -> PlanRule:
    # A unit that ended or began by a change is known on the days that the change implies, in whichever register.
    register = (
        "select authority_code, unit_code as code, valid_from_date as first_day, valid_to_date as last_day "
        "from unit_registry__units union all "
        "select coalesce(predecessor_authority_code, authority_code), predecessor_unit_code, null, effective_date - 1 "
        "from unit_registry__unit_changes union all "
        "select authority_code, successor_unit_code, effective_date, null from unit_registry__unit_changes"
    )
    return _known_on_date(
        "dossiers.unit_known_on_date",
        "resolving_unit_code",
        "unit_registry__units",
        register,
        "Đơn vị giải quyết có trong danh mục đơn vị vào ngày tiếp nhận",
        "Tiếp nhận 05/01/2026 ở H99.07, đơn vị đã sáp nhập từ 01/07/2025",
        "Hồ sơ có thật và vẫn tính; có thể danh mục thiếu đơn vị",
        # Only the row of the authority itself is no register of its units.
        about="unit_code <> authority_code",
    )


def _unit_of_change_known(role: str, authority: str, title: str) -> PlanRule:
    column = f"{role}_unit_code"
    # Only the row of the authority itself is no register of its units.
    used = (
        f"select delivery_id, source_row_number, {authority} as unit_authority_code, {column} as changed_unit_code "
        f"from {CHANGES} where {authority} in (select authority_code from {UNITS} where unit_code <> authority_code)"
    )
    return PlanRule(
        code=f"changes.{role}_known",
        gate_code=GATE_LANDING,
        subject=CHANGES,
        text=f"{title} của một thay đổi có trong danh mục đơn vị",
        owner=SENDER,
        example=f"{title} ghi H99.1O (chữ O thay cho số 0), danh mục chỉ có H99.10",
        effect_code=FLAG_ROW,
        failing=f"select delivery_id, source_row_number from ({used}) as used "
        f"where changed_unit_code <> unit_authority_code and not exists (select 1 from {UNITS} as units "
        "where units.authority_code = unit_authority_code and units.unit_code = changed_unit_code)",
        checked=f"select delivery_id, count(*) as checked_count from ({used}) as used group by delivery_id",
        column=column,
        why="Có thể mã sai, có thể danh mục thiếu đơn vị đã giải thể; thay đổi vẫn được dùng",
    )


# Of a change delivered twice the later row speaks; what is not in force yet is not followed.
_CHANGES_IN_FORCE = (
    f"(select * from {CHANGES} inner join planned using (delivery_id) "
    "cross join build where effective_date <= as_of_date qualify row_number() over (partition by authority_code, "
    "predecessor_unit_code, successor_unit_code, effective_date order by position desc, source_row_number desc) = 1)"
)


def _no_circle() -> PlanRule:
    return PlanRule(
        code="changes.no_circle_between_deliveries",
        gate_code=GATE_LANDING,
        subject=CHANGES,
        text="Các thay đổi ở mọi lần nạp không chuyển hết việc cho nhau theo vòng tròn trong cùng một ngày",
        owner=SENDER,
        example="Một tệp: H99.120 sáp nhập vào H99.121; tệp khác: H99.121 sáp nhập vào H99.120, cùng từ 01/08/2026",
        effect_code=FLAG_ROW,
        failing=f"{circle_sql(_CHANGES_IN_FORCE)} select distinct delivery_id, source_row_number from circle",
        checked=f"{circle_sql(_CHANGES_IN_FORCE)} select delivery_id, count(*) as checked_count from edges "
        "group by delivery_id",
        column="successor_unit_code",
        why="Không biết sau ngày ấy còn đơn vị nào: mọi dòng của vòng không được dùng cho đến khi có bản sửa",
    )


def _few_changes_in_a_row() -> PlanRule:
    # The circles are left out: around them one could go on for ever.
    walks = (
        f"{circle_sql(_CHANGES_IN_FORCE)}, chains as (select * from edges anti join circle "
        "using (delivery_id, source_row_number)), "
        "followed as (select new_unit as last_unit, effective_date as last_date, 1 as change_count from chains union "
        "select chains.new_unit, chains.effective_date, followed.change_count + 1 from followed inner join chains "
        "on chains.old_unit = followed.last_unit and chains.effective_date >= followed.last_date "
        f"where followed.change_count < {MOST_CHANGES}) "
    )
    return PlanRule(
        code="changes.few_changes_in_a_row",
        gate_code=GATE_LANDING,
        subject=CHANGES,
        text=f"Từ một đơn vị cũ đến đơn vị hiện nay có không quá {MOST_CHANGES} lần chuyển hết việc nối tiếp nhau",
        owner=SENDER,
        example="H99.101 sang H99.102, sang H99.103, … sang H99.109 trong cùng một ngày",
        effect_code=FLAG_ROW,
        failing=f"{walks} select distinct chains.delivery_id, chains.source_row_number from chains inner join followed "
        "on chains.old_unit = followed.last_unit and chains.effective_date >= followed.last_date "
        f"where followed.change_count = {MOST_CHANGES}",
        checked=f"{walks} select delivery_id, count(*) as checked_count from chains group by delivery_id",
        column="successor_unit_code",
        why="Chuỗi dài như vậy chưa từng có; dòng nối thêm không được dùng cho đến khi có bản sửa",
    )


def _procedure_known() -> PlanRule:
    register = (
        "select authority_code, procedure_code as code, valid_from_date as first_day, valid_to_date as last_day "
        "from procedure_registry__procedures"
    )
    return _known_on_date(
        "dossiers.procedure_known_on_date",
        "procedure_code",
        "procedure_registry__procedures",
        register,
        "Thủ tục có trong danh mục thủ tục vào ngày tiếp nhận",
        "Tiếp nhận 05/01/2026 theo 1.002835, thủ tục bị bãi bỏ từ 01/07/2025",
        "Hồ sơ có thật và vẫn tính; có thể danh mục thiếu thủ tục",
    )


def _known_on_date(
    code: str, column: str, registry: str, register: str, text: str, example: str, why: str, about: str = "true"
) -> PlanRule:
    """Only for authorities that have a register, and from its first day on: before, it says nothing."""
    applied = (
        f"select dossiers.delivery_id, dossiers.source_row_number, dossiers.authority_code, dossiers.{column} as code, "
        f"cast(dossiers.received_at as date) as received_date from {DOSSIERS} as dossiers inner join "
        f"(select authority_code, min(valid_from_date) as first_day from {registry} where {about} "
        "group by authority_code) as kept "
        "on dossiers.authority_code = kept.authority_code and cast(dossiers.received_at as date) >= kept.first_day "
        f"where dossiers.{column} is not null"
    )
    return PlanRule(
        code=code,
        gate_code=GATE_LANDING,
        subject=DOSSIERS,
        text=text,
        owner=SENDER,
        example=example,
        effect_code=FLAG_ROW,
        # Far fewer codes and days than dossiers: those are held against the register, then the dossiers are named.
        failing=f"with register as ({register}), applied as ({applied}), unknown as "
        "(select distinct authority_code, code, received_date from applied as used where not exists "
        "(select 1 from register where register.authority_code = used.authority_code and register.code = used.code "
        "and coalesce(register.first_day, date '0001-01-01') <= used.received_date "
        "and coalesce(register.last_day, date '9999-12-31') >= used.received_date)) "
        "select delivery_id, source_row_number from applied inner join unknown "
        "using (authority_code, code, received_date)",
        checked=f"select delivery_id, count(*) as checked_count from ({applied}) as applied group by delivery_id",
        column=column,
        why=why,
    )


def _one_resolving_unit() -> PlanRule:
    linked = (
        "select 1 from unit_registry__unit_changes as changes where changes.authority_code = here.authority_code "
        "and ((changes.predecessor_unit_code = here.resolving_unit_code "
        "and changes.successor_unit_code = there.resolving_unit_code) "
        "or (changes.predecessor_unit_code = there.resolving_unit_code "
        "and changes.successor_unit_code = here.resolving_unit_code))"
    )
    return PlanRule(
        code="dossiers.one_resolving_unit",
        gate_code=GATE_LANDING,
        subject=DOSSIERS,
        text="Một hồ sơ thuộc một đơn vị giải quyết, trừ khi đơn vị sáp nhập, chia tách",
        owner=SENDER,
        example="Mã H99.01-260105-0007 ở tệp tháng 1 thuộc H99.01, ở tệp tháng 2 thuộc H99.02",
        effect_code=FLAG_ROW,
        failing=f"with moved as (select authority_code, dossier_code from {DOSSIERS} "
        "group by authority_code, dossier_code having min(resolving_unit_code) <> max(resolving_unit_code)) "
        f"select distinct here.delivery_id, here.source_row_number from {DOSSIERS} as here "
        f"inner join moved using (authority_code, dossier_code) inner join {DOSSIERS} as there "
        "on here.authority_code = there.authority_code and here.dossier_code = there.dossier_code "
        f"and here.resolving_unit_code <> there.resolving_unit_code where not exists ({linked})",
        checked=f"select delivery_id, count(*) as checked_count from {DOSSIERS} group by delivery_id",
        column="resolving_unit_code",
        why="Hồ sơ được tính một lần, cho đơn vị ghi ở lần nạp sau cùng; người gửi phải nói đơn vị nào đúng",
    )


def _phone_of_few_applicants() -> PlanRule:
    both = "applicant_phone_hash is not null and applicant_name_hash is not null"
    return PlanRule(
        code="dossiers.phone_of_few_applicants",
        gate_code=GATE_LANDING,
        subject=DOSSIERS,
        text=f"Một số điện thoại không dùng cho quá {MOST_APPLICANTS_OF_A_PHONE} người nộp khác tên",
        owner=SENDER,
        example="Một số điện thoại ghi cho 143 người nộp: có thể là số của cán bộ hoặc dịch vụ nộp hộ",
        effect_code=FLAG_ROW,
        failing=f"select delivery_id, source_row_number from {DOSSIERS} where applicant_phone_hash in "
        f"(select applicant_phone_hash from {DOSSIERS} where {both} group by applicant_phone_hash "
        f"having count(distinct applicant_name_hash) > {MOST_APPLICANTS_OF_A_PHONE})",
        checked=f"select delivery_id, count(*) as checked_count from {DOSSIERS} where {both} group by delivery_id",
        column="applicant_phone_hash",
        why="Hồ sơ vẫn tính; chỉ không gọi được người nộp để hỏi ý kiến",
        columns=("applicant_phone_hash", "applicant_name_hash"),
    )


def _usual_volume() -> PlanRule:
    unit = "authority_code, resolving_unit_code"
    same = "counted.authority_code = past.authority_code and counted.resolving_unit_code = past.resolving_unit_code"
    judged = (
        # A dossier counts once, however often it was delivered; the month is laid to the last delivery that has it.
        f"with counted as (select {unit}, cast(date_trunc('month', received_at) as date) as received_month, "
        "count(distinct dossier_code) as received_count, arg_max(delivery_id, position) as delivery_id "
        f"from {DOSSIERS} inner join planned using (delivery_id) cross join build "
        f"where cast(received_at as date) <= as_of_date group by {unit}, received_month), "
        "centred as (select counted.*, median(past.received_count) as usual_count from counted "
        f"inner join counted as past on {same} and past.received_month < counted.received_month "
        f"group by all having count(*) >= {EARLIER_MONTHS}), "
        "spread as (select counted.*, median(abs(past.received_count - counted.usual_count)) as median_deviation "
        "from centred as counted "
        f"inner join counted as past on {same} and past.received_month < counted.received_month group by all), "
        # The last month of an authority may not be whole: it can be too large, but not too small.
        "judged as (select spread.*, abs(received_count - usual_count) as distance, "
        "greatest(1.4826 * median_deviation, sqrt(usual_count)) as deviation from spread inner join "
        "(select authority_code, max(received_month) as last_month from counted group by authority_code) as ends "
        "using (authority_code) where received_month < last_month or received_count > usual_count) "
    )
    return PlanRule(
        code="dossiers.volume_is_usual",
        gate_code=GATE_LANDING,
        subject=DOSSIERS,
        text="Số hồ sơ tiếp nhận trong tháng không xa mức thường ngày của đơn vị",
        owner=SENDER,
        example="Đơn vị thường nhận 180–220 hồ sơ mỗi tháng, tháng 3 chỉ có 12: tệp có thể thiếu",
        effect_code=REPORT,
        failing=f"{judged} select delivery_id, resolving_unit_code, "
        "strftime(received_month, '%m/%Y') as received_month from judged "
        f"where distance > {DEVIATIONS} * deviation and distance >= {FAR_SHARE} * usual_count",
        checked=f"{judged} select delivery_id, count(*) as checked_count from judged group by delivery_id",
        why="Nói về cả tháng của đơn vị; có thể đúng là tháng ít việc hoặc nhiều việc",
    )


def _one_spelling(prefix: str, subject: str, column: str, title: str) -> PlanRule:
    """Within one delivery gate 1 looks itself; here a delivery is named that only has the rarer spelling."""
    names = (
        f"with names as (select delivery_id, authority_code, {plain_name_sql(column)} as plain_name, {column} as name, "
        f"min(source_row_number) as source_row_number, count(*) as row_count from {subject} "
        f"where {column} is not null group by all), "
        "common as (select authority_code, plain_name, arg_min(name, (-row_count, name)) as name from "
        "(select authority_code, plain_name, name, cast(sum(row_count) as bigint) as row_count from names "
        "group by authority_code, plain_name, name) "
        "as counted group by authority_code, plain_name) "
    )
    return PlanRule(
        code=f"{prefix}.{column}_same_between_deliveries",
        gate_code=GATE_LANDING,
        subject=subject,
        text=f"{title} viết như ở các lần nạp khác (không chỉ khác nhau ở dấu, chữ hoa hoặc dấu cách)",
        owner=SENDER,
        example="«Đắk Lắk» ở một tệp, «Đăk Lăk» ở mười tệp khác",
        effect_code=REPORT,
        failing=f"{names} select used.delivery_id, used.source_row_number from names as used inner join common "
        "on used.authority_code = common.authority_code and used.plain_name = common.plain_name "
        "and used.name <> common.name where not exists (select 1 from names as beside "
        "where beside.delivery_id = used.delivery_id and beside.authority_code = used.authority_code "
        "and beside.name = common.name)",
        checked=f"select delivery_id, count(distinct {column}) as checked_count from {subject} "
        f"where {column} is not null group by delivery_id",
        column=column,
        why="Có thể là hai tên khác nhau thật; cách viết ít gặp hơn được nêu để người xem quyết định",
    )
