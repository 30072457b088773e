"""Gate 2 on the numbers: indicator values, and the rankings made of them."""

from __future__ import annotations

from expectations.rules import Rule, TableSuite

VALUE_KEYS = ("authority_code", "unit_code", "period_code", "indicator_code", "origin_code")
_MEASURED = (
    "(select measured.*, indicator.unit_of_measure_code, indicator.multiplier, "
    "indicator.minimum_denominator from batch as measured inner join dim_indicators as indicator "
    "on measured.indicator_code = indicator.indicator_code)"
)


def value_rules() -> list[Rule]:
    """Rules on `fct_indicator_values`."""
    suite = TableSuite("fct_indicator_values", VALUE_KEYS)
    return [
        suite.rule(
            "has_rows",
            "Có ít nhất một giá trị chỉ số, hoặc một tiêu chí được chấm",
            "Bảng fct_indicator_values và bảng fct_criterion_scores cùng rỗng",
            failing="select 'không có dòng nào' as reason where not exists (select 1 from batch) "
            "and not exists (select 1 from fct_criterion_scores)",
            checked="select 1",
            needs=("fct_criterion_scores",),
        ),
        suite.key_once("Mỗi đơn vị, kỳ, chỉ số và nguồn một dòng", "Sở Xây dựng có hai giá trị cho tháng 03/2026"),
        *_known_keys(suite),
        *_value_promises(suite),
        *_value_ranges(suite),
        _grid_complete(suite),
    ]


def _known_keys(suite: TableSuite) -> list[Rule]:
    return [
        suite.known(
            "unit_known",
            "Đơn vị có trong dim_units",
            "Giá trị của H99.98, dim_units không có H99.98",
            columns=("authority_code", "unit_code"),
            table="dim_units",
        ),
        suite.known(
            "period_known",
            "Kỳ có trong dim_periods",
            "Giá trị của kỳ 2026-13",
            columns=("period_code",),
            table="dim_periods",
        ),
        suite.known(
            "indicator_known",
            "Chỉ số có trong dim_indicators",
            "Giá trị của chỉ số on_time_rate",
            columns=("indicator_code",),
            table="dim_indicators",
        ),
    ]


def _value_promises(suite: TableSuite) -> list[Rule]:
    return [
        suite.rows(
            "codes_known",
            "Trạng thái và nguồn là mã đã công bố",
            "Trạng thái «khong_ro»",
            fails="coalesce(value_status, '') not in "
            "('ok', 'no_activity', 'insufficient_sample', 'not_assessed', 'not_reported') "
            "or coalesce(origin_code, '') not in ('computed', 'declared')",
        ),
        suite.rows(
            "value_only_with_status",
            "Có giá trị khi và chỉ khi trạng thái nói là có: «không có số liệu» không bao giờ là 0 hay 100 %",
            "Trạng thái no_activity mà giá trị là 1",
            fails="(value is not null) <> (value_status in ('ok', 'insufficient_sample'))",
        ),
        suite.rows(
            "parts_in_order",
            "Trong số liệu tính được: tử số không âm và không lớn hơn mẫu số; số bị loại không âm",
            "Đúng hạn 170 trên 161 hồ sơ",
            fails="numerator > denominator or least(numerator, denominator, excluded_count) < 0",
            applies="origin_code = 'computed'",
        ),
    ]


def _value_ranges(suite: TableSuite) -> list[Rule]:
    return [
        _measured(
            suite,
            "rates_between_0_and_1",
            "Tỷ lệ nằm trong khoảng 0 đến 1, điểm từ 0 đến điểm tối đa, số lượng không âm",
            "Tỷ lệ đúng hạn 1,2",
            fails="value < 0 or (unit_of_measure_code = 'rate' and value > 1) "
            "or (unit_of_measure_code = 'score' and value > multiplier)",
            applies="value is not null",
        ),
        _measured(
            suite,
            "value_matches_parts",
            "Giá trị tính lại được từ chính tử số và mẫu số của nó",
            "Giá trị 0,98, mà tử số 516 và mẫu số 526 cho 0,981",
            fails="case unit_of_measure_code "
            "when 'rate' then denominator is null or abs(value * denominator - numerator) "
            "> 0.000001 * denominator "
            "when 'score' then denominator is null or abs(value * denominator - multiplier * numerator) "
            "> 0.005 * denominator "
            "else value <> numerator end",
            applies="value is not null and numerator is not null "
            "and unit_of_measure_code in ('rate', 'score', 'count')",
        ),
        _measured(
            suite,
            "small_samples_marked",
            "Mẫu số nhỏ hơn mức tối thiểu thì trạng thái nói rõ, và chỉ khi đó",
            "3 phiếu khảo sát mà trạng thái là ok",
            fails="(value_status = 'insufficient_sample') <> (denominator < minimum_denominator)",
            applies="value is not null and denominator is not null and unit_of_measure_code in ('rate', 'score')",
        ),
        _measured(
            suite,
            "interval_holds_value",
            "Khoảng tin cậy của tỷ lệ chứa giá trị và nằm trong 0 đến 1",
            "Tỷ lệ 0,98, khoảng 0,80 – 0,90",
            fails="interval_low is null or interval_high is null or interval_low > value "
            "or interval_high < value or interval_low < 0 or interval_high > 1",
            applies="unit_of_measure_code = 'rate' and (interval_low is not null or interval_high is not null)",
        ),
    ]


def _measured(suite: TableSuite, name: str, text: str, example: str, *, fails: str, applies: str) -> Rule:
    return suite.rule(
        name,
        text,
        example,
        failing=f"select {', '.join(VALUE_KEYS)} from {_MEASURED} as value_rows where ({applies}) and ({fails})",
        checked=f"select count(*) from {_MEASURED} as value_rows where {applies}",
        needs=("dim_indicators",),
    )


def _grid_complete(suite: TableSuite) -> Rule:
    """Units × periods × indicators of what the warehouse computes; each declared figure × all units.

    A unit that did not exist in a period is not asked for.
    """
    cells = (
        "select slots.*, unit.unit_code from ("
        "select periods.authority_code, periods.period_code, indicators.indicator_code, 'computed' "
        "as origin_code from (select distinct authority_code, period_code from batch where "
        "origin_code = 'computed') as periods inner join (select distinct authority_code, indicator_code "
        "from batch where origin_code = 'computed') as indicators "
        "on periods.authority_code = indicators.authority_code "
        "union all select distinct authority_code, period_code, indicator_code, origin_code from batch "
        "where origin_code = 'declared') as slots "
        "inner join dim_periods as period on slots.period_code = period.period_code "
        "inner join dim_units as unit on slots.authority_code = unit.authority_code "
        "and (unit.existed_from_date is null or unit.existed_from_date <= period.end_date) "
        "and (unit.valid_to_date is null or unit.valid_to_date >= period.start_date)"
    )
    same = " and ".join(f"present.{key} = cells.{key}" for key in VALUE_KEYS)
    return suite.rule(
        "grid_complete",
        "Đơn vị nào cũng có dòng cho mọi kỳ và chỉ số; thiếu số liệu là trạng thái, không phải thiếu dòng",
        "H99.31 không có dòng tháng 03/2026 của on_time_rate__resolved",
        failing=f"select {', '.join(VALUE_KEYS)} from ({cells}) as cells "
        f"where not exists (select 1 from batch as present where {same})",
        checked=f"select count(*) from ({cells}) as cells",
        needs=("dim_units", "dim_periods"),
    )


_RANKING_GROUP = "authority_code, peer_group_code, period_code, indicator_code, origin_code"


def ranking_rules() -> list[Rule]:
    """Rules on `fct_unit_rankings`."""
    suite = TableSuite("fct_unit_rankings", (*_RANKING_GROUP.split(", "), "unit_code"))
    return [
        suite.key_once("Mỗi đơn vị một dòng trong một bảng xếp hạng", "Sở Xây dựng có hai dòng tháng 03/2026"),
        suite.known(
            "peer_group_known",
            "Nhóm so sánh có trong dim_peer_groups",
            "Nhóm «ward» không có",
            columns=("authority_code", "peer_group_code"),
            table="dim_peer_groups",
        ),
        *_ranked_units(suite),
        *_rank_arithmetic(suite),
    ]


def _ranked_units(suite: TableSuite) -> list[Rule]:
    matching = " and ".join(f"measured.{key} = batch.{key}" for key in VALUE_KEYS)
    same = " and ".join(
        f"measured.{column} is not distinct from batch.{column}"
        for column in ("value", "value_status", "numerator", "denominator")
    )
    return [
        suite.rule(
            "unit_in_its_peer_group",
            "Đơn vị có trong dim_units, cùng khối với nhóm so sánh, và không phải dòng tổng của địa phương",
            "Sở Xây dựng đứng trong bảng của các xã",
            failing="select authority_code, peer_group_code, unit_code from (select distinct "
            "authority_code, peer_group_code, unit_code from batch) as listed where not exists "
            "(select 1 from dim_units as unit where unit.authority_code = listed.authority_code "
            "and unit.unit_code = listed.unit_code and unit.unit_bloc_code = listed.peer_group_code "
            "and unit.unit_bloc_code <> 'authority')",
            checked="select count(*) from (select distinct authority_code, peer_group_code, unit_code "
            "from batch) as listed",
            needs=("dim_units",),
        ),
        suite.rule(
            "values_agree",
            "Số trong bảng xếp hạng đúng bằng số trong fct_indicator_values",
            "Xếp hạng ghi 0,98, bảng chỉ số ghi 0,97",
            failing=f"select {', '.join(suite.keys)} from batch where not exists "
            f"(select 1 from fct_indicator_values as measured where {matching} and {same})",
            checked="select count(*) from batch",
            needs=("fct_indicator_values",),
        ),
        suite.rule(
            "only_rankable_ranked",
            "Chỉ xếp hạng chỉ số được phép xếp hạng và giá trị có trạng thái ok",
            "Đơn vị có 3 hồ sơ vẫn được xếp hạng 1",
            failing=f"select {', '.join(suite.keys)} from batch where unit_rank is not null and "
            "(coalesce(value_status, '') <> 'ok' or not exists (select 1 from dim_indicators as indicator "
            "where indicator.indicator_code = batch.indicator_code and indicator.is_rankable))",
            checked="select count(*) from batch where unit_rank is not null",
            needs=("dim_indicators",),
        ),
    ]


def _rank_arithmetic(suite: TableSuite) -> list[Rule]:
    keys = ", ".join(suite.keys)
    ranked = (
        f"select *, count(*) over (partition by {_RANKING_GROUP}, unit_rank) as same_rank_count "
        "from batch where unit_rank is not null"
    )
    counted = (
        f"select *, count(unit_rank) over (partition by {_RANKING_GROUP}) as ranked_count, "
        f"count(*) over (partition by {_RANKING_GROUP}) as listed_count from batch"
    )
    return [
        _ranks_follow_values(suite),
        suite.rule(
            "ties_marked",
            "Đơn vị cùng hạng với đơn vị khác thì được đánh dấu, và chỉ khi đó",
            "Hai đơn vị cùng hạng 2, không có dấu đồng hạng",
            failing=f"select {keys} from ({ranked}) as ranked where is_tied is distinct from (same_rank_count > 1)",
            checked="select count(*) from batch where unit_rank is not null",
        ),
        suite.rule(
            "counts_agree",
            "Số đơn vị được xếp hạng và số đơn vị trong bảng đúng với số dòng",
            "Ghi «hạng 3 trên 12» mà bảng có 11 đơn vị được xếp hạng",
            failing=f"select {keys} from ({counted}) as counted where "
            "ranked_unit_count is distinct from ranked_count "
            "or listed_unit_count is distinct from listed_count",
            checked="select count(*) from batch",
        ),
    ]


def _ranks_follow_values(suite: TableSuite) -> Rule:
    """A reader can redo the ranking from the published value, read to the indicator's rank_digits."""
    shown = (
        "select ranked.*, round(ranked.value * cast(power(10, indicator.rank_digits) as integer), 0) "
        "* case indicator.direction_code when 'lower_is_better' then -1 else 1 end as goodness "
        "from batch as ranked inner join dim_indicators as indicator "
        "on ranked.indicator_code = indicator.indicator_code where ranked.unit_rank is not null"
    )
    expected = (
        f"select *, rank() over (partition by {_RANKING_GROUP} order by goodness desc) as expected_rank "
        f"from ({shown}) as shown"
    )
    return suite.rule(
        "ranks_follow_values",
        "Hạng bằng 1 cộng số đơn vị có giá trị tốt hơn; bằng nhau thì cùng hạng (1, 2, 2, 4)",
        "Các hạng 1, 2, 2, 3; hoặc 0,91 đứng trên 0,95",
        failing=f"select {', '.join(suite.keys)} from ({expected}) as expected where unit_rank <> expected_rank",
        checked="select count(*) from batch where unit_rank is not null",
        needs=("dim_indicators",),
    )
