"""Gate 1, between deliveries: ballots and answers held against waves, questionnaires and units of other deliveries."""

from __future__ import annotations

from expectations.results import FLAG_ROW, REPORT
from expectations.rules import GATE_LANDING, SENDER, PlanRule
from expectations.seeds import quoted, seed_codes
from expectations.suites.questionnaires import national_instruments, national_options

ANSWERS = "survey__answers"
BALLOTS = "survey__ballots"
WAVES = "survey__waves"
TOTALS = "survey__totals"
INSTRUMENTS = "survey__instruments"
ITEMS = "survey__items"
OPTIONS = "survey__options"
DECLARED = "survey__declared_results"
RATINGS = "kiosk__ratings"
UNITS = "unit_registry__units"
# Of a wave delivered twice the later row speaks.
_NEWEST_WAVES = (
    "(select authority_code, wave_code, arg_max(instrument_code, struct_pack(position, source_row_number)) "
    f"as instrument_code from {WAVES} inner join planned using (delivery_id) group by authority_code, wave_code)"
)
_OF_AUTHORITY = "own.authority_code = used.authority_code"
_CONTACTS = {"has_phone": "số điện thoại", "has_id_number": "số giấy tờ", "has_email": "thư điện tử"}


def rules() -> list[PlanRule]:
    """All rules on surveys, in the order of the documents."""
    return [
        _instrument_known("survey", ANSWERS, "Câu trả lời"),
        _own_answers_known("survey", ANSWERS, "item_code || '=' || answer_code", "answer_code"),
        _nobody_told("survey", ANSWERS, "answer_free_text"),
        _instrument_known("ballots", BALLOTS, "Phiếu"),
        _own_answers_known("ballots", BALLOTS, "unnest(string_split(item_answers, ';'))", "item_answers"),
        _nobody_told("ballots", BALLOTS, "answer_free_text"),
        _wave_known(
            "ballots",
            BALLOTS,
            "Đợt khảo sát của phiếu đã được khai báo (mẫu survey__waves)",
            "Phiếu ghi đợt SIPAS-2026, chỉ có đợt SIPAS-26 được khai báo",
            "Chưa biết ai hỏi, hỏi ai và khi nào; nói về cả đợt chứ không về phiếu nào",
        ),
        _instrument_of_wave(),
        _unit_known("ballots", BALLOTS),
        _instrument_known("waves", WAVES, "Đợt"),
        _wave_known(
            "survey_totals",
            TOTALS,
            "Đợt khảo sát của tổng số người đã được khai báo (mẫu survey__waves)",
            "Tổng số ghi đợt SIPAS-2026, chỉ có đợt SIPAS-26 được khai báo",
            "Tổng số chỉ hiệu chỉnh phiếu của đợt cùng mã, ghi khác thì không được dùng; hãy khai báo đợt hoặc sửa mã",
        ),
        _unit_known("survey_totals", TOTALS),
        _one_group_kind(),
        _instrument_known("items", ITEMS, "Câu hỏi"),
        _scale_known(),
        _unit_known("declared_results", DECLARED),
        _nobody_told("ratings", RATINGS, "rater_free_text"),
    ]


def _rows_rule(
    code: str,
    subject: str,
    text: str,
    example: str,
    *,
    fails: str,
    column: str,
    why: str,
    applies: str = "true",
    columns: tuple[str, ...] = (),
) -> PlanRule:
    rows = f"select delivery_id, source_row_number from {subject} as used where {applies}"
    return PlanRule(
        code=code,
        gate_code=GATE_LANDING,
        subject=subject,
        text=text,
        owner=SENDER,
        example=example,
        effect_code=FLAG_ROW,
        failing=f"{rows} and ({fails})",
        checked=f"select delivery_id, count(*) as checked_count from ({rows}) as rows_checked group by delivery_id",
        column=column,
        why=why,
        columns=columns,
    )


def _instrument_known(prefix: str, subject: str, what: str) -> PlanRule:
    return _rows_rule(
        f"{prefix}.instrument_known",
        subject,
        "Bộ câu hỏi có trong danh mục dùng chung hoặc trong các bộ câu hỏi địa phương đã nạp",
        "Bộ câu hỏi «phieu_moi» chưa được khai báo (mẫu survey__instruments)",
        fails=f"instrument_code not in ({national_instruments()}) and not exists (select 1 from {INSTRUMENTS} as own "
        f"where {_OF_AUTHORITY} and own.instrument_code = used.instrument_code)",
        column="instrument_code",
        why=f"{what} có thể đúng; bộ câu hỏi chưa được khai báo nên chưa tính được",
    )


def _own_answers_known(prefix: str, subject: str, pair: str, column: str) -> PlanRule:
    """`pair`: the SQL of «item=answer» of a row, or of several. National questionnaires are judged file by file."""
    pairs = (
        f"pairs as (select delivery_id, source_row_number, authority_code, instrument_code, {pair} as pair "
        f"from {subject} semi join {ITEMS} using (authority_code, instrument_code))"
    )
    # Of a question whose scale nobody has landed nothing is known; that is told of the question.
    wrong = (
        f"scales as (select distinct authority_code, scale_code, answer_code from {OPTIONS} union "
        "select authority_code, options.scale_code, options.answer_code "
        f"from (select distinct authority_code from {ITEMS}) as authorities cross join {national_options()}), "
        "parted as (select *, split_part(pair, '=', 1) as item_code, split_part(pair, '=', 2) as answer_code "
        "from (select distinct authority_code, instrument_code, pair from pairs) as different), "
        f"wrong as (select parted.* from parted left join {ITEMS} as items "
        "using (authority_code, instrument_code, item_code) "
        "left join scales using (authority_code, scale_code) group by all having count(items.scale_code) = 0 or "
        "(count(scales.answer_code) > 0 and count(*) filter (where scales.answer_code = parted.answer_code) = 0))"
    )
    return PlanRule(
        code=f"{prefix}.own_answers_known",
        gate_code=GATE_LANDING,
        subject=subject,
        text="Câu hỏi và mã trả lời có trong bộ câu hỏi riêng của địa phương đã nạp",
        owner=SENDER,
        example="Bộ câu hỏi PHIEU-TINH-2026 có câu Q1 theo thang 1–5 và 9, phiếu ghi Q1=6 hoặc Q11=5",
        effect_code=FLAG_ROW,
        failing=f"with {pairs}, {wrong} select distinct delivery_id, source_row_number from pairs "
        "semi join wrong using (authority_code, instrument_code, pair)",
        checked=f"with {pairs} select delivery_id, count(distinct source_row_number) as checked_count from pairs "
        "group by delivery_id",
        column=column,
        why="Câu ấy không được tính; có thể phiếu ghi sai mã, có thể bộ câu hỏi đã nạp thiếu câu hoặc thiếu mức",
    )


def _nobody_told(prefix: str, subject: str, text_column: str) -> PlanRule:
    flags = tuple(f"{flag}_in_{text_column}" for flag in _CONTACTS)
    return _rows_rule(
        f"{prefix}.free_text_has_no_contact",
        subject,
        f"Ý kiến tự viết không có {', '.join(_CONTACTS.values())}",
        "Người dân ghi số điện thoại vào ý kiến",
        fails=" or ".join(flags),
        applies=f"coalesce({', '.join(flags)}) is not null",
        column=flags[0],
        why="Ý kiến được giữ trong kho định danh; khi mở ra phải che những chỗ nói rõ người viết là ai",
        columns=flags,
    )


def _wave_known(prefix: str, subject: str, text: str, example: str, why: str) -> PlanRule:
    return PlanRule(
        code=f"{prefix}.wave_known",
        gate_code=GATE_LANDING,
        subject=subject,
        text=text,
        owner=SENDER,
        example=example,
        effect_code=REPORT,
        failing=f"select distinct delivery_id, authority_code, wave_code from {subject} as used where not exists "
        f"(select 1 from {WAVES} as own where {_OF_AUTHORITY} and own.wave_code = used.wave_code)",
        checked="select delivery_id, count(distinct (authority_code, wave_code)) as checked_count "
        f"from {subject} group by delivery_id",
        column="wave_code",
        why=why,
    )


def _instrument_of_wave() -> PlanRule:
    return _rows_rule(
        "ballots.instrument_of_wave",
        BALLOTS,
        "Phiếu dùng bộ câu hỏi đã khai báo cho đợt của nó",
        "Đợt SIPAS-2026 khai báo policy_service_33, phiếu ghi five_factor_22",
        fails=f"not exists (select 1 from {_NEWEST_WAVES} as own where {_OF_AUTHORITY} "
        "and own.wave_code = used.wave_code and own.instrument_code = used.instrument_code)",
        applies=f"exists (select 1 from {WAVES} as own where {_OF_AUTHORITY} and own.wave_code = used.wave_code)",
        column="instrument_code",
        why="Hai bộ câu hỏi là hai phép đo, không gộp được; người gửi phải nói bộ nào đúng",
    )


def _unit_known(prefix: str, subject: str) -> PlanRule:
    listed = f"select 1 from {UNITS} as own where {_OF_AUTHORITY}"
    return _rows_rule(
        f"{prefix}.unit_known",
        subject,
        "Đơn vị được đánh giá có trong danh mục đơn vị, hoặc là chính địa phương",
        "Ghi H99.91, danh mục không có",
        fails=f"unit_code <> authority_code and not exists ({listed} and own.unit_code = used.unit_code)",
        # Only the row of the authority itself is no register of its units.
        applies=f"exists ({listed} and own.unit_code <> own.authority_code)",
        column="unit_code",
        why="Có thể mã sai, có thể danh mục thiếu đơn vị; số liệu được giữ",
    )


def _one_group_kind() -> PlanRule:
    return _rows_rule(
        "survey_totals.one_group_kind_between_deliveries",
        TOTALS,
        "Các lần nạp tổng số người của một đợt khảo sát chia theo cùng một cách",
        "Một tệp chia đợt SIPAS-2026 theo giới tính, tệp khác chia theo nhóm tuổi",
        fails=f"exists (select 1 from {TOTALS} as own where {_OF_AUTHORITY} and own.wave_code = used.wave_code "
        "and own.group_kind_code <> used.group_kind_code)",
        column="group_kind_code",
        why="Trọng số chỉ hiệu chỉnh theo một cách chia; người gửi phải nói cách nào đúng",
    )


def _scale_known() -> PlanRule:
    national = quoted(tuple(dict.fromkeys(seed_codes("survey_options", "scale_code"))))
    return _rows_rule(
        "items.scale_known",
        ITEMS,
        "Thang trả lời của câu hỏi có trong các thang dùng chung hoặc thang địa phương đã nạp",
        "Câu F1.1 theo thang «thang_5» chưa khai báo (mẫu survey__options)",
        fails=f"scale_code not in ({national}) and not exists (select 1 from {OPTIONS} as own "
        f"where {_OF_AUTHORITY} and own.scale_code = used.scale_code)",
        column="scale_code",
        why="Chưa biết câu trả lời nào là hài lòng nên câu hỏi chưa tính được",
    )
