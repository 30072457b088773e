"""Gate 1, between deliveries: score sheets, explanations and bands held against the regulations they speak of.

What does not fit scores nobody, so it must be seen: every such row is flagged.
"""

from __future__ import annotations

from expectations.results import FLAG_ROW
from expectations.rules import GATE_LANDING, SENDER, PlanRule
from expectations.seeds import quoted, seed_codes, seed_rows
from expectations.suites.regulations import WITH_TARGET, figure_is_rate

SHEETS = "par__criterion_scores"
EXPLANATIONS = "par__score_explanations"
BANDS = "regulation__bands"
CRITERIA = "regulation__criteria"
REGULATIONS = "regulation__regulations"
METRICS = "national_portal__qd766_metrics"
ANSWERS = "survey__answers"
BALLOTS = "survey__ballots"
INSTRUMENTS = "survey__instruments"
UNITS = "unit_registry__units"


def rules() -> list[PlanRule]:
    """All rules on what is scored, in the order of the documents."""
    return [
        _criterion_known("scores", SHEETS, "Tiêu chí của phiếu chấm"),
        _leaf_scored(),
        _within_maximum(),
        _share_within_whole(),
        _period_covered(),
        _period_over(),
        _unit_known(),
        _one_campaign(),
        _criterion_known("explanations", EXPLANATIONS, "Tiêu chí của vòng giải trình"),
        _criterion_known("bands", BANDS, "Tiêu chí của thang điểm", national=False),
        _band_within_maximum(),
        _band_of_a_rate(),
        _regulation_known(),
        _metric_known(),
        _questionnaire_known(),
        _survey_known(),
        _total_known(),
    ]


def _rule(code: str, subject: str, text: str, example: str, *, fails: str, applies: str, column: str, why: str):
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
    )


def _criterion_known(prefix: str, subject: str, title: str, national: bool = True) -> PlanRule:
    nationwide = f"or (used.regulation_code, used.criterion_code) in ({_national_criteria()})" if national else ""
    return _rule(
        f"{prefix}.criterion_known",
        subject,
        f"{title} có trong bộ tiêu chí của địa phương hoặc bộ dùng chung",
        "Phiếu ghi tiêu chí 3.9, bộ tiêu chí chỉ có đến 3.5",
        fails=f"not (exists (select 1 from {CRITERIA} as criterion where {_same_criterion()}) {nationwide})",
        applies="true",
        column="criterion_code",
        why="Điểm của một tiêu chí không có trong bộ không được cộng vào đâu; có thể mã sai hoặc chưa nạp bộ tiêu chí",
    )


def _leaf_scored() -> PlanRule:
    return _rule(
        "scores.leaf_scored",
        SHEETS,
        "Phiếu chấm cho điểm tiêu chí không có cấp dưới; điểm cấp trên do kho tính từ các điểm ấy",
        "Phiếu ghi 18 điểm cho mục 3, mục này gồm 3.1 đến 3.5",
        fails=f"exists (select 1 from {CRITERIA} as criterion where criterion.authority_code = used.authority_code "
        "and criterion.regulation_code = used.regulation_code "
        "and criterion.parent_criterion_code = used.criterion_code)",
        applies="coalesce(self_score, appraised_score_1, appraised_score_2, survey_score) is not null",
        column="criterion_code",
        why="Điểm ghi ở cấp trên chỉ đứng khi bên dưới còn tiêu chí chưa có điểm; nếu khác điểm tính từ "
        "bên dưới thì phiếu "
        "tự mâu thuẫn",
    )


def _within_maximum() -> PlanRule:
    highest = "greatest(used.self_score, used.appraised_score_1, used.appraised_score_2, used.survey_score)"
    return _rule(
        "scores.within_maximum",
        SHEETS,
        "Điểm trong phiếu không quá điểm tối đa của tiêu chí",
        "Tiêu chí 3.2 tối đa 8 điểm, phiếu ghi 80",
        # Of several versions the most generous one: which one scores the period is for the build to say.
        fails=f"{highest} > (select max(criterion.max_score) from {CRITERIA} as criterion where {_same_criterion()})",
        applies=f"coalesce(self_score, appraised_score_1, appraised_score_2, survey_score) is not null "
        f"and exists (select 1 from {CRITERIA} as criterion where {_same_criterion()})",
        column="self_score",
        why="Điểm cuối không bao giờ quá điểm tối đa; phần ghi quá không được tính",
    )


def _share_within_whole() -> PlanRule:
    # A sheet may also state a mean (points over sheets), which has no such limit: the bounds of the criterion tell.
    bounds = (
        f"select max(greatest(band.lower_value, band.upper_value)) from {BANDS} as band "
        "where band.authority_code = criterion.authority_code and band.regulation_code = criterion.regulation_code "
        "and band.criterion_code = criterion.criterion_code"
    )
    is_share = (
        f"criterion.input_kind_code = 'measured' and ((criterion.rule_code in {WITH_TARGET} "
        f"and criterion.target_value <= 1) or (criterion.rule_code = 'bands' and ({bounds}) <= 1))"
    )
    return _rule(
        "scores.share_within_whole",
        SHEETS,
        "Tiêu chí chấm theo tỷ lệ thì tử số trong phiếu không lớn hơn mẫu số",
        "Giải ngân ghi tử số 55, mẫu số 50",
        fails="used.measured_numerator > used.measured_denominator",
        applies="used.measured_denominator > 0 "
        f"and exists (select 1 from {CRITERIA} as criterion where {_same_criterion()} and {is_share})",
        column="measured_numerator",
        why="Tỷ lệ trên 100 % thường là hai số đổi chỗ; điểm vẫn tính từ số đã gửi, nên người thẩm định phải xem lại",
    )


def _period_covered() -> PlanRule:
    of_day = (
        "used.period_end_date >= regulation.valid_from_date "
        "and coalesce(used.period_end_date <= regulation.valid_to_date, true)"
    )
    return _rule(
        "scores.period_covered",
        SHEETS,
        "Kỳ của phiếu chấm kết thúc khi quy định còn hiệu lực",
        "Phiếu chấm năm 2024, quy định có hiệu lực từ 01/01/2025",
        fails=f"not exists (select 1 from {REGULATIONS} as regulation where {_same_regulation()} and {of_day})",
        applies=f"exists (select 1 from {REGULATIONS} as regulation where {_same_regulation()})",
        column="period_end_date",
        why="Không bản quy định nào chấm kỳ ấy nên phiếu không được dùng",
    )


def _period_over() -> PlanRule:
    return _rule(
        "scores.period_over",
        SHEETS,
        "Kỳ của phiếu chấm kết thúc không muộn hơn ngày chốt số liệu",
        "Phiếu chấm năm 2026, số liệu chốt ngày 10/10/2026",
        fails="used.period_end_date > (select as_of_date from build)",
        applies="true",
        column="period_end_date",
        why="Kỳ chưa kết thúc đến ngày chốt nên phiếu chưa được dùng; có thể ngày cuối kỳ ghi sai",
    )


def _unit_known() -> PlanRule:
    listed = f"select 1 from {UNITS} as unit where unit.authority_code = used.authority_code"
    return _rule(
        "scores.unit_known",
        SHEETS,
        "Đơn vị của phiếu chấm có trong danh mục đơn vị",
        "Phiếu ghi H99.91, danh mục không có",
        fails=f"not exists ({listed} and unit.unit_code = used.unit_code)",
        # Only the row of the authority itself is no register of its units.
        applies=f"exists ({listed} and unit.unit_code <> unit.authority_code)",
        column="unit_code",
        why="Có thể mã sai; phiếu của đơn vị ngoài danh mục không chấm ai",
    )


def _one_campaign() -> PlanRule:
    return _rule(
        "scores.one_campaign",
        SHEETS,
        "Một đơn vị, một kỳ, một bộ tiêu chí chỉ có một đợt chấm",
        "Năm 2025 của Sở Xây dựng có phiếu của đợt CCHC-2025 và của đợt CCHC-2025-LAN2",
        fails=f"(select count(distinct sheet.campaign_code) from {SHEETS} as sheet "
        "where sheet.authority_code = used.authority_code and sheet.regulation_code = used.regulation_code "
        "and sheet.unit_code = used.unit_code and sheet.period_start_date = used.period_start_date "
        "and sheet.period_end_date = used.period_end_date) > 1",
        applies="true",
        column="campaign_code",
        why="Chỉ một đợt được dùng, cả đợt: đợt chấm nhiều tiêu chí hơn, bằng nhau thì đợt nạp sau cùng; "
        "bổ sung điểm của cùng một đợt thì ghi cùng mã đợt",
    )


def _band_within_maximum() -> PlanRule:
    return _rule(
        "bands.within_maximum",
        BANDS,
        "Điểm của một mức không quá điểm tối đa của tiêu chí",
        "Tiêu chí 3.2 tối đa 8 điểm, mức 1 cho 80 điểm",
        # The build says which version of both belong together; a regulation with this fault scores nobody.
        fails="used.awarded_score > "
        f"(select max(criterion.max_score) from {CRITERIA} as criterion where {_same_criterion()})",
        applies="used.answer_code is null and used.awarded_score is not null "
        f"and exists (select 1 from {CRITERIA} as criterion where {_same_criterion()})",
        column="awarded_score",
        why="Bộ tiêu chí có mức như vậy không chấm ai cho đến khi thang điểm hoặc điểm tối đa được sửa",
    )


def _band_of_a_rate() -> PlanRule:
    return _rule(
        "bands.rate_from_0_to_1",
        BANDS,
        "Số liệu để chấm là tỷ lệ thì cận và giá trị gốc ghi từ 0 đến 1: ghi 0,95 chứ không ghi 95",
        "Chấm theo on_time_rate__resolved, mức 1 từ 95 trở lên",
        fails="greatest(used.lower_value, used.upper_value) > 1 "
        "or (used.calculation_code = 'proportional' and used.base_value > 1)",
        applies="used.answer_code is null and exists "
        f"(select 1 from {CRITERIA} as criterion where {_same_criterion()} and {figure_is_rate('criterion')})",
        column="lower_value",
        why="Không đơn vị nào đạt 9500 %; bộ tiêu chí không chấm ai cho đến khi thang điểm được sửa",
    )


def _regulation_known() -> PlanRule:
    return _rule(
        "criteria.regulation_known",
        CRITERIA,
        "Bộ tiêu chí có quy định của mình (mẫu regulation__regulations)",
        "Nạp tiêu chí của BTC-SO mà chưa nạp quy định BTC-SO",
        fails=f"not exists (select 1 from {REGULATIONS} as regulation where {_same_regulation()})",
        applies="true",
        column="regulation_code",
        why="Chưa biết chấm khối nào, kỳ nào, làm tròn ra sao nên bộ tiêu chí chưa chấm ai",
    )


def _metric_known() -> PlanRule:
    unknown = _no_metric("used.factor_input_code")
    return _rule(
        "criteria.metric_known",
        CRITERIA,
        "Chỉ số của Cổng Dịch vụ công quốc gia dùng để chấm có trong bộ dùng chung hoặc trong số liệu đã nạp",
        "Chấm theo TDGQ.ONTIME, cổng công bố TDGQ.ON_TIME",
        fails=f"{_no_metric('used.input_code')} or (used.factor_input_code is not null and {unknown})",
        applies="used.input_kind_code = 'portal_metric'",
        column="input_code",
        why="Tiêu chí không có số liệu nên không có điểm; có thể mã sai hoặc chưa nạp số liệu của cổng",
    )


def _questionnaire_known() -> PlanRule:
    known = quoted(seed_codes("instruments", "instrument_code"))
    own = " ".join(
        f"and not exists (select 1 from {source} as own where own.authority_code = used.authority_code "
        "and own.instrument_code = used.input_code)"
        for source in (ANSWERS, BALLOTS, INSTRUMENTS)
    )
    return _rule(
        "criteria.questionnaire_known",
        CRITERIA,
        "Phiếu khảo sát dùng để chấm có trong danh mục bộ câu hỏi hoặc trong phiếu trả lời đã nạp",
        "Chấm theo lanh_dao_abcd, phiếu trả lời ghi leaders_abcd",
        fails=f"used.input_code not in ({known}) {own}",
        applies="used.input_kind_code = 'survey_item'",
        column="input_code",
        why="Tiêu chí không có phiếu trả lời nên không có điểm; có thể mã sai hoặc chưa nạp phiếu trả lời",
    )


def _survey_known() -> PlanRule:
    national = quoted([row["instrument_code"] for row in seed_rows("instruments") if row["kind_code"] == "survey"])

    def unknown(code: str) -> str:
        instrument = f"split_part({code}, ':', 1)"
        return (
            f"({instrument} not in ({national}) and not exists (select 1 from {INSTRUMENTS} as instrument "
            "where instrument.authority_code = used.authority_code and instrument.kind_code = 'survey' "
            f"and instrument.instrument_code = {instrument}))"
        )

    return _rule(
        "criteria.survey_known",
        CRITERIA,
        "Bộ câu hỏi của chỉ số khảo sát dùng để chấm là bộ khảo sát theo đợt có trong danh mục hoặc trong bộ câu hỏi "
        "địa phương đã nạp (mẫu survey__instruments)",
        "Chấm theo five_factor_25:province:clients, danh mục có five_factor_22",
        fails=f"{unknown('used.input_code')} or (used.factor_input_code is not null "
        f"and {unknown('used.factor_input_code')})",
        applies="used.input_kind_code = 'survey_index'",
        column="input_code",
        why="Bộ tiêu chí có chỉ số như vậy không chấm ai cho đến khi mã được sửa hoặc bộ câu hỏi được nạp",
    )


def _total_known() -> PlanRule:
    return _rule(
        "regulations.total_known",
        REGULATIONS,
        "Tổng điểm do nơi khác công bố là total hoặc một chỉ số của Cổng Dịch vụ công quốc gia có trong bộ dùng chung "
        "hoặc trong số liệu đã nạp",
        "Ghi ALL.TOTAL, cổng công bố ALL._TOTAL",
        fails=f"used.total_input_code <> 'total' and {_no_metric('used.total_input_code')}",
        applies="used.total_input_code is not null",
        column="total_input_code",
        why="Không có tổng điểm để đối chiếu; có thể mã sai hoặc chưa nạp số liệu của cổng",
    )


def _no_metric(code: str) -> str:
    """Whether neither a national regulation nor a landed row of the authority's portal metrics has the code."""
    known = {row["input_code"] for row in seed_rows("regulation_criteria") if row["input_kind_code"] == "portal_metric"}
    known |= {row["total_input_code"] for row in seed_rows("regulations")} - {"", "total"}
    listed = ", ".join(f"'{name}'" for name in sorted(known))
    return (
        f"({code} not in ({listed}) and not exists (select 1 from {METRICS} as metric "
        f"where metric.authority_code = used.authority_code "
        f"and metric.group_code || '.' || metric.metric_code = {code}))"
    )


def _same_regulation() -> str:
    return "regulation.authority_code = used.authority_code and regulation.regulation_code = used.regulation_code"


def _same_criterion() -> str:
    return (
        "criterion.authority_code = used.authority_code and criterion.regulation_code = used.regulation_code "
        "and criterion.criterion_code = used.criterion_code"
    )


def _national_criteria() -> str:
    return ", ".join(
        f"('{row['regulation_code']}', '{row['criterion_code']}')" for row in seed_rows("regulation_criteria")
    )
