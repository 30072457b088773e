"""Gate 1: scoring regulations. A regulation decides ranks: a file with any fault is refused, all its faults named.

What only several files together can show (a criterion scored by bands whose bands are in no file) is told by the model
`int_regulations_checked`; such a regulation scores nobody.
"""

from __future__ import annotations

from dagster_project.landing.contracts import load_contract
from expectations.results import REFUSE_FILE
from expectations.rules import Rule, SourceSuite
from expectations.seeds import seed_codes

REGULATION = ("authority_code", "regulation_code")
CRITERION = (*REGULATION, "criterion_code")
PERIOD_KINDS = ("month", "quarter", "half_year", "year", "window")
REPORT_KINDS = tuple(f"report_{kind}" for kind in PERIOD_KINDS[:4])
OF_PARTS = "('sum', 'mean', 'weighted_sum')"
WITH_TARGET = "('all_or_nothing', 'linear', 'linear_above_floor')"
# Levels of a tree that the warehouse scores (int_criteria_placed).
MOST_LEVELS = 4
# Circles of more criteria than this are told as trees that are too deep: following every row further costs too much.
MOST_STEPS = 10
# Grades stand ten points and more apart. Units five points apart are no equals, and a wider tolerance is mostly a slip
# (50 for 0,5), after which the whole province shares one rank.
WIDEST_TIE = 5
# A code is a part of paths, lists and names of files; whatever parts those may not stand in it.
CODE_SHAPE = r"[\p{L}0-9._/-]+"
# The engine multiplies points, weights and figures before it divides; what is larger would not fit its decimals.
LARGEST = 1_000_000
# What the indices of quality are called as figures (int_quality_indices_averaged).
QUALITY_INPUTS = (*(f"index_{number}" for number in range(1, 10)), "total")
# Questionnaire, who asked whom, and for a factor its code (fct_score_inputs).
SURVEY_INPUT = "[^:]+:(ministry|province|unit):(clients|households)(:[^:]+)?"
SHA256 = "[0-9A-Fa-f]{64}"
# Up to four bounds (int_regulation_volume_tiers).
VOLUME_TIERS = r"\s*[1-9][0-9]{0,8}(\s*;\s*[1-9][0-9]{0,8}){0,3}\s*"


def regulation_rules() -> list[Rule]:
    """Rules on a delivery of `regulation__regulations`."""
    suite = SourceSuite("regulation__regulations", "regulations")
    return [
        suite.has_rows(REFUSE_FILE),
        *_versions(suite, REGULATION, "BTC-2025-SO"),
        _codes_plain(suite, "regulation_code"),
        _list_known(
            suite,
            "period_kind_codes",
            "Loại kỳ",
            (*PERIOD_KINDS, *REPORT_KINDS),
            "nửa năm thay cho half_year hoặc 6 tháng",
        ),
        _list_known(
            suite,
            "unit_bloc_codes",
            "Khối",
            seed_codes("unit_blocs", "unit_bloc_code"),
            "sở thay cho department hoặc Sở, ban, ngành",
        ),
        suite.rows(
            "digits_in_range",
            "Số chữ số thập phân từ 0 đến 6",
            "Làm tròn đến 9 chữ số",
            REFUSE_FILE,
            fails="rounding_digits not between 0 and 6 or percent_digits not between 0 and 6",
            why="Kho tính điểm chính xác đến sáu chữ số thập phân",
        ),
        suite.rows(
            "tolerances_not_negative",
            "Mức đồng hạng và mẫu số tối thiểu không âm",
            "Lệch không quá -1 thì đồng hạng",
            REFUSE_FILE,
            fails="tie_tolerance < 0 or minimum_denominator < 0",
            applies="tie_tolerance is not null or minimum_denominator is not null",
        ),
        suite.rows(
            "volume_tiers_ascend",
            "Các mốc số hồ sơ là số nguyên dương tăng dần, nhiều nhất bốn mốc",
            "5000; 1000",
            REFUSE_FILE,
            fails=f"not regexp_full_match(volume_tier_bounds, '{VOLUME_TIERS}') "
            "or list_sort(list_distinct([try_cast(trim(bound) as bigint) "
            "for bound in string_split(volume_tier_bounds, ';')])) "
            "<> [try_cast(trim(bound) as bigint) for bound in string_split(volume_tier_bounds, ';')]",
            applies="volume_tier_bounds is not null",
            column="volume_tier_bounds",
            why="Không biết đơn vị thuộc nhóm nào; ghi chẳng hạn 1000; 5000",
        ),
        suite.rows(
            "source_sha256_whole",
            "Mã SHA-256 của văn bản gốc gồm đúng 64 chữ số thập lục phân (0–9, a–f)",
            "Ghi 9f86d081, hoặc ghi tên tệp",
            REFUSE_FILE,
            fails=f"not regexp_full_match(source_sha256, '{SHA256}')",
            applies="source_sha256 is not null",
            column="source_sha256",
            why="Không tìm lại được văn bản gốc; không có mã thì để trống",
        ),
        suite.rows(
            "tie_tolerance_small",
            f"Mức đồng hạng không quá {WIDEST_TIE} điểm phần trăm",
            "Lệch không quá 50 điểm phần trăm thì đồng hạng",
            REFUSE_FILE,
            fails=f"tie_tolerance > {WIDEST_TIE}",
            applies="tie_tolerance is not null",
            column="tie_tolerance",
            why="Lệch nhiều hơn là hai kết quả khác nhau rõ, và gần như mọi đơn vị sẽ đồng hạng",
        ),
    ]


def grade_rules() -> list[Rule]:
    """Rules on a delivery of `regulation__grades`."""
    suite = SourceSuite("regulation__grades", "grades")
    scale = "authority_code, regulation_code, coalesce(unit_bloc_code, ''), valid_from_date"
    same = (
        "one.authority_code = other.authority_code and one.regulation_code = other.regulation_code "
        "and coalesce(one.unit_bloc_code, '') = coalesce(other.unit_bloc_code, '') "
        "and one.valid_from_date = other.valid_from_date"
    )
    return [
        suite.has_rows(REFUSE_FILE),
        _codes_plain(suite, "regulation_code"),
        _once(
            suite,
            "grade_once",
            "Mỗi loại của một thang",
            ("authority_code", "regulation_code", "unit_bloc_code", "grade_code", "valid_from_date"),
            "grade_code",
        ),
        *_validity(suite, (*REGULATION, "unit_bloc_code"), "Thang xếp loại của BTC-2025-SO"),
        suite.once(
            "order_once",
            "Mỗi loại của một thang có thứ tự riêng",
            "Tốt và Khá cùng ghi thứ tự 2",
            REFUSE_FILE,
            keys=(*REGULATION, "unit_bloc_code", "valid_from_date", "display_order"),
            column="display_order",
        ),
        suite.rule(
            "one_lowest",
            "Mỗi thang xếp loại có đúng một loại thấp nhất (để trống «từ giá trị»)",
            "Mọi loại đều có mức, đơn vị 40 điểm không có loại nào",
            REFUSE_FILE,
            failing=f"select min(source_row_number) as source_row_number from batch group by {scale} "
            "having count(*) filter (where lower_value is null) <> 1",
            checked=f"select count(*) from (select distinct {scale} from batch) as scales",
            column="lower_value",
            why="Đơn vị điểm thấp không có loại nào, hoặc có hai loại",
        ),
        suite.rule(
            "higher_grade_higher_bound",
            "Loại xếp trước có mức cao hơn",
            "Xuất sắc từ 80, Tốt từ 90",
            REFUSE_FILE,
            failing=f"select distinct other.source_row_number from batch as one inner join batch as other on {same} "
            "and one.display_order < other.display_order "
            "and (one.lower_value is null or one.lower_value <= other.lower_value)",
            checked="select count(*) from batch",
            column="lower_value",
        ),
        _numbers_bounded(suite, "Mức xếp loại", "lower_value"),
    ]


def criterion_rules() -> list[Rule]:
    """Rules on a delivery of `regulation__criteria`."""
    suite = SourceSuite("regulation__criteria", "criteria")
    has_parts = f"exists (select 1 from batch as child where {_same_parent('batch_row')})"
    indicators = ", ".join(f"'{code}'" for code in seed_codes("indicators", "indicator_code"))
    quality = ", ".join(f"'{code}'" for code in QUALITY_INPUTS)
    return [
        suite.has_rows(REFUSE_FILE),
        *_versions(suite, CRITERION, "Tiêu chí 3.2 của BTC-2025-SO"),
        _codes_plain(suite, "regulation_code", "criterion_code"),
        suite.rule(
            "parent_listed",
            "Tiêu chí cấp trên có trong cùng bộ tiêu chí",
            "Tiêu chí 3.2 thuộc 3, bộ tiêu chí không có 3",
            REFUSE_FILE,
            failing="select source_row_number from batch as child where parent_criterion_code is not null "
            f"and not exists (select 1 from batch as parent where {_same_parent('parent')})",
            checked="select count(*) from batch where parent_criterion_code is not null",
            column="parent_criterion_code",
        ),
        suite.rule(
            "tree_has_no_circle",
            "Không tiêu chí nào đứng trên chính mình, kể cả qua tiêu chí khác",
            "Tiêu chí 3.1 thuộc 3.2, mà 3.2 lại thuộc 3.1",
            REFUSE_FILE,
            failing=f"with recursive {_climbed()} select distinct source_row_number from climbed "
            "where above_row = source_row_number",
            checked="select count(*) from batch where parent_criterion_code is not null",
            column="parent_criterion_code",
            why="Các tiêu chí ấy không nối được lên lĩnh vực nào nên điểm không cộng vào đâu",
        ),
        suite.rule(
            "levels_at_most_four",
            "Cây tiêu chí có nhiều nhất bốn cấp",
            "Dưới 3, 3.1, 3.1.1 và 3.1.1.a còn 3.1.1.a.1",
            REFUSE_FILE,
            # What stands in or below a circle climbs for ever: the rule on circles names it.
            failing=f"with recursive {_climbed()}, "
            "circle as (select distinct source_row_number from climbed where above_row = source_row_number) "
            f"select distinct source_row_number from climbed where step = {MOST_LEVELS} and source_row_number not in "
            "(select source_row_number from climbed where above_row in (select source_row_number from circle))",
            checked="select count(*) from batch",
            column="parent_criterion_code",
            why="Kho cộng điểm đến bốn cấp: lĩnh vực, tiêu chí, tiêu chí thành phần và phần của nó",
        ),
        suite.rule(
            "parts_add_up",
            "Điểm tối đa của cấp dưới cộng lại đúng bằng điểm tối đa cấp trên (không kể thưởng, trừ)",
            "3.1, 3.2 và 3.3 cộng lại 12 điểm, mà mục 3 tối đa 10",
            REFUSE_FILE,
            failing="select 'dòng ' || parent.source_row_number || ': ' || parent.criterion_code || ' tối đa ' || "
            f"{_plain_number('parent.max_score')} || ', cấp dưới cộng lại ' || {_plain_number('sum(child.max_score)')} "
            "as reason from batch as parent inner join batch as child "
            f"on {_same_parent('parent')} and child.valid_from_date <= parent.valid_from_date "
            "where parent.rule_code = 'sum' and parent.kind_code in ('base', 'survey') "
            "group by parent.source_row_number, parent.criterion_code, parent.max_score "
            "having sum(child.max_score) <> parent.max_score",
            checked="select count(*) from batch where rule_code = 'sum' and kind_code in ('base', 'survey')",
            column="max_score",
        ),
        suite.rows(
            "indicator_known",
            "Chỉ số dùng để chấm có trong kho",
            "Chấm theo ty_le_dung_han, kho không có chỉ số này",
            REFUSE_FILE,
            fails=f"coalesce(input_code, '') not in ({indicators}) "
            f"or (factor_input_code is not null and factor_input_code not in ({indicators}))",
            applies="input_kind_code = 'indicator'",
            column="input_code",
        ),
        suite.rows(
            "quality_index_known",
            "Điểm đánh giá chất lượng để chấm là index_1 đến index_9 hoặc total",
            "Chấm theo index_10",
            REFUSE_FILE,
            fails=f"coalesce(input_code, '') not in ({quality}) "
            f"or (factor_input_code is not null and factor_input_code not in ({quality}))",
            applies="input_kind_code = 'quality_index'",
            column="input_code",
        ),
        suite.rows(
            "survey_index_shaped",
            "Chỉ số khảo sát ghi mã bộ câu hỏi, ai hỏi (ministry, province hoặc unit), hỏi ai (clients hoặc "
            "households), cách nhau bằng dấu hai chấm; lấy một nhóm câu thì thêm dấu hai chấm và mã nhóm câu",
            "Ghi five_factor_22 hoặc five_factor_22:province thay cho five_factor_22:province:clients",
            REFUSE_FILE,
            fails=f"not regexp_full_match(coalesce(input_code, ''), '{SURVEY_INPUT}') "
            f"or not regexp_full_match(coalesce(factor_input_code, input_code), '{SURVEY_INPUT}')",
            applies="input_kind_code = 'survey_index'",
            column="input_code",
            why="Không biết bộ câu hỏi nào, ai hỏi ai thì không có chỉ số nào để chấm; hỏi người đã nhận kết quả và "
            "hỏi hộ gia đình là hai phép đo",
        ),
        suite.rows(
            "options_of_a_survey",
            "Cách chấm «Theo phương án trả lời» lấy số liệu từ «Câu hỏi khảo sát»",
            "Chấm theo phương án trả lời, số liệu lấy trong phiếu chấm",
            REFUSE_FILE,
            fails="input_kind_code <> 'survey_item'",
            applies="rule_code = 'survey_options'",
            column="input_kind_code",
            why="Chỉ câu hỏi khảo sát có phương án trả lời; tiêu chí sẽ không bao giờ có điểm",
        ),
        suite.rule(
            "kind_fits_parent",
            "Điểm thưởng, điểm trừ chỉ đứng trong mục thưởng, mục trừ; điểm chuẩn và điểm điều tra chỉ đứng cùng nhau",
            "Mục 3 là điểm chuẩn mà 3.4 là điểm trừ",
            REFUSE_FILE,
            failing="select child.source_row_number from batch as child inner join batch as parent "
            f"on {_same_parent('parent')} where child.kind_code <> parent.kind_code "
            "and (child.kind_code in ('bonus', 'penalty') or parent.kind_code in ('bonus', 'penalty'))",
            checked="select count(*) from batch where parent_criterion_code is not null",
            column="kind_code",
            why="Điểm trừ nằm giữa điểm chuẩn sẽ được cộng vào chứ không trừ đi",
        ),
        suite.rule(
            "rule_fits_place",
            "Tiêu chí có cấp dưới thì cộng, bình quân hoặc theo trọng số; tiêu chí không có thì có cách chấm riêng",
            "Tiêu chí 3 có 3.1 và 3.2 mà ghi cách chấm «theo mức»",
            REFUSE_FILE,
            failing=f"select source_row_number from batch as batch_row where (rule_code in {OF_PARTS}) <> {has_parts}",
            checked="select count(*) from batch",
            column="rule_code",
        ),
        suite.rows(
            "target_given",
            "Cách chấm theo tỷ lệ, đạt hoặc không đạt có mức được điểm tối đa lớn hơn 0; mức sàn thấp hơn mức đó",
            "Chấm theo tỷ lệ, mức được điểm tối đa để trống",
            REFUSE_FILE,
            fails="coalesce(target_value, 0) <= 0 or coalesce(floor_value, 0) < 0 or floor_value >= target_value "
            "or (rule_code = 'linear_above_floor' and floor_value is null)",
            applies=f"rule_code in {WITH_TARGET}",
            column="target_value",
        ),
        suite.rows(
            "rate_from_0_to_1",
            "Số liệu để chấm là tỷ lệ thì mức được điểm tối đa và mức sàn ghi từ 0 đến 1: ghi 0,95 chứ không ghi 95",
            "Chấm theo on_time_rate__resolved, mức được điểm tối đa ghi 95",
            REFUSE_FILE,
            fails="target_value > 1 or floor_value > 1",
            applies=f"rule_code in {WITH_TARGET} and {figure_is_rate('batch')}",
            column="target_value",
            why="Không đơn vị nào đạt 9500 %: tiêu chí sẽ cho mọi đơn vị gần 0 điểm",
        ),
        suite.rows(
            "input_given",
            "Tiêu chí chấm bằng số liệu nêu số liệu lấy từ đâu",
            "Chấm theo mức, mà «số liệu để chấm» ghi không lấy",
            REFUSE_FILE,
            fails="input_kind_code = 'none' or (input_kind_code <> 'measured' and input_code is null)",
            applies=f"rule_code not in {OF_PARTS} and rule_code <> 'manual'",
            column="input_kind_code",
        ),
        suite.rule(
            "weights_given",
            "Phần của tiêu chí cộng theo trọng số có trọng số lớn hơn 0",
            "Chỉ số con thứ ba để trống trọng số",
            REFUSE_FILE,
            failing="select child.source_row_number from batch as child inner join batch as parent "
            f"on {_same_parent('parent')} where parent.rule_code = 'weighted_sum' and coalesce(child.weight, 0) <= 0",
            checked="select count(*) from batch as child inner join batch as parent "
            f"on {_same_parent('parent')} where parent.rule_code = 'weighted_sum'",
            column="weight",
        ),
        suite.rule(
            "weight_used",
            "Trọng số chỉ có nghĩa khi cấp trên chấm «Cộng các phần theo trọng số»; nơi khác để trống",
            "Mục 3 cộng từ cấp dưới, mà 3.1 ghi trọng số 2",
            REFUSE_FILE,
            failing="select source_row_number from batch as child where weight is not null and not exists "
            f"(select 1 from batch as parent where {_same_parent('parent')} and parent.rule_code = 'weighted_sum')",
            checked="select count(*) from batch where weight is not null",
            column="weight",
            why="Điểm không được nhân với trọng số này, mà người đọc tưởng là có",
        ),
        suite.rows(
            "digits_in_range",
            "Số chữ số thập phân riêng của tiêu chí từ 0 đến 6",
            "Làm tròn đến 9 chữ số",
            REFUSE_FILE,
            fails="rounding_digits not between 0 and 6",
            applies="rounding_digits is not null",
            column="rounding_digits",
            why="Kho tính điểm chính xác đến sáu chữ số thập phân",
        ),
        suite.rows(
            "maximum_positive",
            "Điểm tối đa lớn hơn 0 và không quá 1000",
            "Tiêu chí tối đa 0 điểm",
            REFUSE_FILE,
            fails="max_score <= 0 or max_score > 1000",
            column="max_score",
        ),
        _numbers_bounded(suite, "Trọng số, mức được điểm tối đa và mức sàn", "target_value", "floor_value", "weight"),
    ]


def band_rules() -> list[Rule]:
    """Rules on a delivery of `regulation__bands`."""
    suite = SourceSuite("regulation__bands", "bands")
    key = (*CRITERION, "valid_from_date")
    columns = ", ".join(key)
    same = " and ".join(f"one.{name} = other.{name}" for name in key)
    return [
        suite.has_rows(REFUSE_FILE),
        _codes_plain(suite, "regulation_code", "criterion_code"),
        _once(
            suite,
            "band_once",
            "Mỗi mức của một tiêu chí",
            (*CRITERION, "band_number", "valid_from_date"),
            "band_number",
        ),
        suite.rows(
            "bounds_in_order",
            "Cận dưới không lớn hơn cận trên; hai cận bằng nhau thì tính cả hai",
            "Từ 0,95 đến 0,9; hoặc từ 0,7 đến dưới 0,7",
            REFUSE_FILE,
            fails="lower_value > upper_value or (lower_value = upper_value "
            "and not (coalesce(is_lower_included, true) and coalesce(is_upper_included, true)))",
            applies="lower_value is not null and upper_value is not null",
            column="lower_value",
            why="Không giá trị nào nằm trong mức này: mức không bao giờ dùng được, mà che chỗ hở giữa hai mức khác",
        ),
        suite.rows(
            "band_gives_points",
            "Mức cố định có điểm đạt, mức theo tỷ lệ có giá trị gốc lớn hơn 0, mức tăng dần có cả hai",
            "Mức cố định, điểm đạt để trống",
            REFUSE_FILE,
            fails="(calculation_code <> 'proportional' and awarded_score is null) "
            "or (calculation_code <> 'fixed' and coalesce(base_value, 0) <= 0) or awarded_score < 0",
        ),
        suite.rule(
            "bands_do_not_overlap",
            "Các mức của một tiêu chí không chồng nhau",
            "Mức 1 từ 0,9 trở lên, mức 2 từ 0,8 đến 0,95: giá trị 0,92 được hai số điểm",
            REFUSE_FILE,
            failing="select distinct one.source_row_number from batch as one inner join batch as other "
            f"on {same} and one.source_row_number <> other.source_row_number "
            f"and one.answer_code is null and other.answer_code is null "
            f"and {_begins_before_end('one', 'other')} and {_begins_before_end('other', 'one')}",
            checked="select count(*) from batch where answer_code is null",
            column="band_number",
        ),
        suite.rule(
            "bands_leave_no_gap",
            "Các mức của một tiêu chí nối liền nhau, từ 0 trở xuống đến vô hạn hoặc đến đúng 1 (100 %)",
            "Mức 1 từ 0,95 trở lên, mức 2 dưới 0,9: giá trị 0,92 không được điểm nào",
            REFUSE_FILE,
            # A band's lower end is met by another's upper end at the same value, exactly one of them including it.
            failing="select one.source_row_number from batch as one where one.answer_code is null "
            "and one.lower_value is not null "
            "and not (one.lower_value <= 0 and coalesce(one.is_lower_included, true)) "
            f"and not exists (select 1 from batch as other where {same} and other.answer_code is null "
            "and other.upper_value = one.lower_value "
            "and coalesce(other.is_upper_included, true) <> coalesce(one.is_lower_included, true)) "
            f"union all select min(source_row_number) from batch where answer_code is null group by {columns} "
            "having not bool_or(upper_value is null or (upper_value = 1 and coalesce(is_upper_included, true))) "
            "or not bool_or(lower_value is null or (lower_value <= 0 and coalesce(is_lower_included, true)))",
            checked="select count(*) from batch where answer_code is null",
            column="lower_value",
        ),
        suite.rows(
            "option_is_a_share",
            "Phương án trả lời được từ 0 đến 1 lần điểm tối đa",
            "Phương án A được 100 thay cho 1",
            REFUSE_FILE,
            fails="awarded_score not between 0 and 1 or calculation_code <> 'fixed'",
            applies="answer_code is not null",
            column="awarded_score",
        ),
        _numbers_bounded(
            suite,
            "Cận dưới, cận trên, điểm đạt và giá trị gốc",
            "lower_value",
            "upper_value",
            "awarded_score",
            "base_value",
        ),
    ]


def figure_is_rate(criterion: str) -> str:
    """Whether the figure that a row of criteria scores is known to be a share, so never above 1.

    Indicators of points (on_time_score__…) are compared as the share they are made from. What a sheet states
    ('measured') and the indices of quality may be anything.
    """
    seed = zip(*(seed_codes("indicators", name) for name in ("indicator_code", "unit_of_measure_code")), strict=True)
    rates = ", ".join(f"'{code}'" for code, unit in seed if unit != "count")
    return (
        f"({criterion}.input_kind_code in ('portal_metric', 'survey_item', 'survey_index') "
        f"or ({criterion}.input_kind_code = 'indicator' and {criterion}.input_code in ({rates})))"
    )


def _climbed() -> str:
    """The table `climbed` of a recursive query: each row of a tree with every row above it, and how far above."""
    return (
        "climbed as (select child.source_row_number, parent.source_row_number as above_row, 1 as step "
        f"from batch as child inner join batch as parent on {_same_parent('parent')} "
        "union select climbed.source_row_number, parent.source_row_number, climbed.step + 1 from climbed "
        "inner join batch as child on climbed.above_row = child.source_row_number "
        f"inner join batch as parent on {_same_parent('parent')} where climbed.step < {MOST_STEPS})"
    )


def _versions(suite: SourceSuite, key: tuple[str, ...], who: str) -> list[Rule]:
    """No version twice, none that ends before it begins, none in force beside another."""
    return [
        _once(suite, "version_once", f"Mỗi phiên bản ({who})", (*key, "valid_from_date"), "valid_from_date"),
        *_validity(suite, key, who),
    ]


def _validity(suite: SourceSuite, key: tuple[str, ...], who: str) -> list[Rule]:
    """No version that ends before it begins, none in force beside another; several rows may be one version."""
    same = " and ".join(f"earlier.{column} is not distinct from later.{column}" for column in key)
    return [
        suite.rows(
            "validity_in_order",
            "Ngày hết hiệu lực không trước ngày bắt đầu",
            f"{who}: từ 01/07/2025 đến 30/06/2024",
            REFUSE_FILE,
            fails="valid_to_date < valid_from_date",
            applies="valid_to_date is not null",
            column="valid_to_date",
        ),
        suite.rule(
            "versions_do_not_overlap",
            "Hiệu lực các phiên bản không chồng nhau",
            f"{who}: đến 31/12/2025, và bản khác từ 01/07/2025",
            REFUSE_FILE,
            failing="select distinct later.source_row_number from batch as earlier inner join batch as later "
            f"on {same} and earlier.valid_from_date < later.valid_from_date "
            "and (earlier.valid_to_date is null or earlier.valid_to_date >= later.valid_from_date)",
            checked="select count(*) from batch",
            column="valid_from_date",
        ),
    ]


def _once(suite: SourceSuite, name: str, what: str, keys: tuple[str, ...], column: str) -> Rule:
    return suite.once(
        name, f"{what} có một dòng trong tệp", "Cùng một mã ở dòng 12 và dòng 34", REFUSE_FILE, keys=keys, column=column
    )


def _codes_plain(suite: SourceSuite, *columns: str) -> Rule:
    titles = {"regulation_code": "Mã bộ tiêu chí", "criterion_code": "mã tiêu chí"}
    return suite.rows(
        "codes_plain",
        f"{', '.join(titles[column] for column in columns)} chỉ gồm chữ cái, chữ số, dấu chấm, dấu gạch nối, dấu gạch "
        "dưới và dấu gạch chéo, không có dấu cách",
        "Ghi «3;2» hoặc «BTC@2025» thay cho 3.2, BTC-2025",
        REFUSE_FILE,
        fails=" or ".join(f"not regexp_full_match({column}, '{CODE_SHAPE}')" for column in columns),
        column=columns[-1],
        why="Kho ghép các mã thành đường dẫn trong cây và thành tên tệp; dấu khác làm lẫn mã này với mã kia",
    )


def _numbers_bounded(suite: SourceSuite, title: str, *columns: str) -> Rule:
    numbers = ", ".join(columns)
    limit = f"{LARGEST:,}".replace(",", ".")
    return suite.rows(
        "numbers_bounded",
        f"{title} từ -{limit} đến {limit}",
        "Ghi 95000000 (đồng) thay cho 95 (triệu đồng)",
        REFUSE_FILE,
        fails=f"greatest({numbers}) > {LARGEST} or least({numbers}) < -{LARGEST}",
        applies=f"coalesce({numbers}) is not null",
        column=columns[0],
        why="Số lớn như vậy kho không tính chính xác được: ghi theo đơn vị lớn hơn, ở phiếu chấm cũng vậy",
    )


def _list_known(suite: SourceSuite, column: str, title: str, codes: tuple[str, ...], example: str) -> Rule:
    known = ", ".join(f"'{code}'" for code in codes)
    listed = "; ".join(f"{code} ({label})" for code, label in load_contract(suite.source).column(column).items)
    return suite.rule(
        f"{column}_known",
        f"{title} là mã hoặc tên có trong kho, cách nhau bằng dấu chấm phẩy: {listed}",
        f"Ghi {example}",
        REFUSE_FILE,
        failing="select distinct source_row_number from (select source_row_number, "
        f"trim(unnest(string_split({column}, ';'))) as code from batch where {column} is not null) as listed "
        f"where code not in ({known})",
        checked=f"select count(*) from batch where {column} is not null",
        column=column,
    )


def _same_parent(parent: str) -> str:
    return (
        f"{parent}.authority_code = child.authority_code and {parent}.regulation_code = child.regulation_code "
        f"and {parent}.criterion_code = child.parent_criterion_code "
        f"and ({parent}.valid_to_date is null or {parent}.valid_to_date >= child.valid_from_date) "
        f"and (child.valid_to_date is null or child.valid_to_date >= {parent}.valid_from_date)"
    )


def _plain_number(decimal: str) -> str:
    """A decimal with six digits as it is written in Vietnamese: 4,5 and 10."""
    return f"replace(rtrim(rtrim(cast(cast({decimal} as decimal(38, 6)) as varchar), '0'), '.'), '.', ',')"


def _begins_before_end(first: str, second: str) -> str:
    """Some value at or above `first`'s lower bound may be at or below `second`'s upper bound."""
    return (
        f"({first}.lower_value is null or {second}.upper_value is null "
        f"or {first}.lower_value < {second}.upper_value or ({first}.lower_value = {second}.upper_value "
        f"and coalesce({first}.is_lower_included, true) and coalesce({second}.is_upper_included, true)))"
    )
