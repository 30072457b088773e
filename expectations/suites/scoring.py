"""Gate 1: scoring of administrative reform: criterion scores, and the regulation behind them."""

from __future__ import annotations

from expectations.results import FLAG_ROW, REFUSE_FILE, REJECT_ROW
from expectations.rules import Rule, SourceSuite
from expectations.suites.portal import CLAIM_KEPT, NEGATIVE, period_in_order
from expectations.suites.registries import version_rules

# Nine indices of NĐ 61/2018, 0 to 2 points each. Means have two decimals, so that a sum of nine is off by up to 0.05.
INDICES = tuple(f"index_{number}_score" for number in range(1, 10))
INDEX_MAXIMUM = 2
INDEX_ROUNDING = "0.05"
CRITERION = ("authority_code", "regulation_code", "criterion_code")


def score_rules() -> list[Rule]:
    """Rules on a delivery of `par__criterion_scores`."""
    suite = SourceSuite("par__criterion_scores", "scores")
    return [
        suite.has_rows(REFUSE_FILE),
        suite.once(
            "score_once",
            "Mỗi đơn vị, tiêu chí của một đợt chấm có một dòng trong tệp",
            "H99.01, tiêu chí 3.2 ở dòng 12 và dòng 34",
            FLAG_ROW,
            keys=("authority_code", "campaign_code", "unit_code", "criterion_code"),
            column="criterion_code",
        ),
        suite.rows(
            "second_appraisal_follows_first",
            "Điểm thẩm định lần 2 chỉ có sau lần 1",
            "Lần 1 để trống, lần 2 ghi 6,5",
            FLAG_ROW,
            fails="appraised_score_1 is null",
            applies="appraised_score_2 is not null",
            column="appraised_score_1",
        ),
        suite.rows(
            "points_have_evidence",
            "Tiêu chí tự chấm có điểm thì có tài liệu kiểm chứng",
            "Tự chấm 7,5 điểm, không nêu tài liệu",
            FLAG_ROW,
            fails="evidence_reference is null",
            applies="self_score > 0",
            column="evidence_reference",
        ),
        suite.rows(
            "not_applicable_has_no_points",
            "Tiêu chí không áp dụng thì không có điểm",
            "Không áp dụng, mà thẩm định 6 điểm",
            FLAG_ROW,
            fails="coalesce(self_score, appraised_score_1, appraised_score_2) is not null",
            applies="is_applicable = false",
            column="is_applicable",
        ),
        suite.rows(
            "dates_in_order",
            "Ngày tự chấm, thẩm định lần 1, lần 2 theo thứ tự",
            "Tự chấm 15/01/2026, thẩm định lần 1 ngày 02/01/2026",
            FLAG_ROW,
            fails="self_scored_date > appraised_date_1 or appraised_date_1 > appraised_date_2",
            column="appraised_date_1",
        ),
        suite.not_in_future("self_scored_date", "Ngày tự chấm"),
        suite.not_in_future("appraised_date_1", "Ngày thẩm định lần 1"),
        suite.not_in_future("appraised_date_2", "Ngày thẩm định lần 2"),
    ]


def quality_rules() -> list[Rule]:
    """Rules on a delivery of `one_stop__quality_scores`."""
    suite = SourceSuite("one_stop__quality_scores", "quality")
    outside = f"least({', '.join(INDICES)}) < 0 or greatest({', '.join(INDICES)}) > {INDEX_MAXIMUM}"
    total = " + ".join(f"coalesce({index}, 0)" for index in INDICES)
    return [
        suite.has_rows(REFUSE_FILE),
        period_in_order(suite),
        suite.most_rows(
            "indices_mostly_on_scale",
            f"Ít nhất một nửa số dòng có mọi chỉ số từ 0 đến {INDEX_MAXIMUM}",
            "Cột chỉ số chứa tổng điểm hoặc số thứ tự",
            REFUSE_FILE,
            fails=outside,
        ),
        suite.rows(
            "names_subject",
            "Dòng có mã hồ sơ, mã hoặc tên đơn vị",
            "Dòng chỉ có điểm, không ghi chấm ai",
            REJECT_ROW,
            fails="coalesce(dossier_code, unit_code, unit_name) is null",
            why="Không biết điểm của ai thì không tính cho ai được",
        ),
        suite.rows(
            "indices_on_scale",
            f"Điểm mỗi chỉ số từ 0 đến {INDEX_MAXIMUM}",
            "Chỉ số 3 ghi 5 điểm",
            REJECT_ROW,
            fails=outside,
            why="Điểm ngoài thang không nói được chất lượng đến đâu",
        ),
        suite.rows(
            "opinions_not_negative",
            "Số ý kiến không âm",
            "Số ý kiến hài lòng -3",
            REJECT_ROW,
            fails="least(dissatisfied_count, satisfied_count, very_satisfied_count) < 0",
            why=NEGATIVE,
        ),
        suite.rows(
            "total_adds_up",
            f"Tổng điểm bằng các chỉ số cộng lại (lệch không quá {INDEX_ROUNDING.replace('.', ',')} điểm)",
            "Các chỉ số cộng lại 14, tổng ghi 16",
            FLAG_ROW,
            # Form 1 heads its total "1+2+3+4+7": some add index 6 all the same.
            fails=f"least(abs(declared_total_score - ({total})), "
            f"abs(declared_total_score - ({total} - coalesce(index_6_score, 0)))) > {INDEX_ROUNDING}",
            applies="declared_total_score is not null",
            column="declared_total_score",
            why=CLAIM_KEPT,
        ),
        suite.once(
            "score_once",
            "Mỗi hồ sơ, hoặc mỗi đơn vị và kỳ, được chấm một lần trong tệp",
            "Hồ sơ H99.01-260105-0007 ở dòng 12 và dòng 34",
            FLAG_ROW,
            keys=("authority_code", "unit_code", "unit_name", "dossier_code", "period_start_date", "period_end_date"),
            column="dossier_code",
        ),
        suite.one_spelling("unit_name", "Tên đơn vị"),
    ]


def criterion_rules() -> list[Rule]:
    """Rules on a delivery of `regulation__criteria`."""
    suite = SourceSuite("regulation__criteria", "criteria")
    return [
        suite.has_rows(REFUSE_FILE),
        *version_rules(suite, CRITERION, "Tiêu chí 3.2 của BTC-2025-SO"),
        suite.rule(
            "parent_listed",
            "Tiêu chí cấp trên có trong cùng bộ tiêu chí",
            "Tiêu chí 3.2 thuộc 3, bộ tiêu chí không có 3",
            FLAG_ROW,
            failing="select source_row_number from batch as child where parent_criterion_code is not null "
            f"and not exists (select 1 from batch as parent where {_same_parent()})",
            checked="select count(*) from batch where parent_criterion_code is not null",
            column="parent_criterion_code",
        ),
        suite.rule(
            "parts_within_parent",
            "Điểm chuẩn của các tiêu chí cấp dưới cộng lại không quá điểm tối đa cấp trên",
            "3.1, 3.2 và 3.3 cộng lại 12 điểm, mà mục 3 tối đa 10",
            FLAG_ROW,
            failing="select parent.source_row_number from batch as parent inner join batch as child "
            f"on {_same_parent()} and child.valid_from_date <= parent.valid_from_date "
            "where parent.max_score is not null and child.kind_code in ('base', 'survey') "
            "group by parent.source_row_number, parent.max_score "
            "having sum(child.max_score) > parent.max_score",
            checked="select count(*) from batch where max_score is not null",
            column="max_score",
        ),
    ]


def _same_parent() -> str:
    return (
        "parent.authority_code = child.authority_code and parent.regulation_code = child.regulation_code "
        "and parent.criterion_code = child.parent_criterion_code "
        "and (parent.valid_to_date is null or parent.valid_to_date >= child.valid_from_date) "
        "and (child.valid_to_date is null or child.valid_to_date >= parent.valid_from_date)"
    )


def band_rules() -> list[Rule]:
    """Rules on a delivery of `regulation__bands`."""
    suite = SourceSuite("regulation__bands", "bands")
    same = " and ".join(f"one.{name} = other.{name}" for name in (*CRITERION, "valid_from_date"))
    return [
        suite.has_rows(REFUSE_FILE),
        suite.once(
            "band_once",
            "Mỗi mức của một tiêu chí có một dòng trong tệp",
            "Tiêu chí 3.2, mức 2 ở dòng 12 và dòng 34",
            FLAG_ROW,
            keys=(*CRITERION, "band_number", "valid_from_date"),
            column="band_number",
        ),
        suite.rows(
            "bounds_in_order",
            "Cận dưới không lớn hơn cận trên",
            "Từ 0,95 đến 0,9",
            REJECT_ROW,
            fails="lower_value > upper_value",
            applies="lower_value is not null and upper_value is not null",
            column="lower_value",
            why="Không giá trị nào vừa trên cận dưới vừa dưới cận trên: mức này không bao giờ dùng được",
        ),
        suite.rows(
            "band_gives_points",
            "Mức cố định có điểm đạt, mức theo tỷ lệ có giá trị gốc",
            "Mức cố định, điểm đạt để trống",
            FLAG_ROW,
            fails="(calculation_code = 'fixed' and awarded_score is null) "
            "or (calculation_code = 'proportional' and coalesce(base_value, 0) = 0)",
        ),
        suite.rule(
            "bands_do_not_overlap",
            "Các mức của một tiêu chí không chồng nhau",
            "Mức 1 từ 0,9 trở lên, mức 2 từ 0,8 đến 0,95: giá trị 0,92 được hai số điểm",
            FLAG_ROW,
            failing="select distinct one.source_row_number from batch as one inner join batch as other "
            f"on {same} and one.source_row_number <> other.source_row_number "
            f"and one.answer_code is null and other.answer_code is null "
            f"and {_begins_before_end('one', 'other')} and {_begins_before_end('other', 'one')}",
            checked="select count(*) from batch where answer_code is null",
            column="band_number",
        ),
    ]


def _begins_before_end(first: str, second: str) -> str:
    """Some value at or above `first`'s lower bound may be at or below `second`'s upper bound."""
    return (
        f"({first}.lower_value is null or {second}.upper_value is null "
        f"or {first}.lower_value < {second}.upper_value or ({first}.lower_value = {second}.upper_value "
        f"and coalesce({first}.is_lower_included, true) and coalesce({second}.is_upper_included, true)))"
    )
