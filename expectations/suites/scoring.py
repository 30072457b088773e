"""Gate 1: scoring of administrative reform: criterion scores, and the regulation behind them."""

from __future__ import annotations

from expectations.results import REFUSE_FILE, REPORT
from expectations.rules import Rule, SourceSuite
from expectations.suites.registries import version_rules

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
            REPORT,
            keys=("authority_code", "campaign_code", "unit_code", "criterion_code"),
        ),
        suite.rows(
            "second_appraisal_follows_first",
            "Điểm thẩm định lần 2 chỉ có sau lần 1",
            "Lần 1 để trống, lần 2 ghi 6,5",
            REPORT,
            fails="appraised_score_1 is null",
            applies="appraised_score_2 is not null",
        ),
        suite.rows(
            "points_have_evidence",
            "Tiêu chí tự chấm có điểm thì có tài liệu kiểm chứng",
            "Tự chấm 7,5 điểm, không nêu tài liệu",
            REPORT,
            fails="evidence_reference is null",
            applies="self_score > 0",
        ),
        suite.rows(
            "not_applicable_has_no_points",
            "Tiêu chí không áp dụng thì không có điểm",
            "Không áp dụng, mà thẩm định 6 điểm",
            REPORT,
            fails="coalesce(self_score, appraised_score_1, appraised_score_2) is not null",
            applies="is_applicable = false",
        ),
        suite.rows(
            "dates_in_order",
            "Ngày tự chấm, thẩm định lần 1, lần 2 theo thứ tự",
            "Tự chấm 15/01/2026, thẩm định lần 1 ngày 02/01/2026",
            REPORT,
            fails="self_scored_date > appraised_date_1 or appraised_date_1 > appraised_date_2",
        ),
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
            REPORT,
            failing="select source_row_number from batch as child where parent_criterion_code is not null "
            f"and not exists (select 1 from batch as parent where {_same_parent()})",
            checked="select count(*) from batch where parent_criterion_code is not null",
        ),
        suite.rule(
            "parts_within_parent",
            "Điểm chuẩn của các tiêu chí cấp dưới cộng lại không quá điểm tối đa cấp trên",
            "3.1, 3.2 và 3.3 cộng lại 12 điểm, mà mục 3 tối đa 10",
            REPORT,
            failing="select parent.source_row_number from batch as parent inner join batch as child "
            f"on {_same_parent()} and child.valid_from_date <= parent.valid_from_date "
            "where parent.max_score is not null and child.kind_code in ('base', 'survey') "
            "group by parent.source_row_number, parent.max_score "
            "having sum(child.max_score) > parent.max_score",
            checked="select count(*) from batch where max_score is not null",
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
            REPORT,
            keys=(*CRITERION, "band_number", "valid_from_date"),
        ),
        suite.rows(
            "bounds_in_order",
            "Cận dưới không lớn hơn cận trên",
            "Từ 0,95 đến 0,9",
            REPORT,
            fails="lower_value > upper_value",
            applies="lower_value is not null and upper_value is not null",
        ),
        suite.rows(
            "band_gives_points",
            "Mức cố định có điểm đạt, mức theo tỷ lệ có giá trị gốc",
            "Mức cố định, điểm đạt để trống",
            REPORT,
            fails="(calculation_code = 'fixed' and awarded_score is null) "
            "or (calculation_code = 'proportional' and coalesce(base_value, 0) = 0)",
        ),
        suite.rule(
            "bands_do_not_overlap",
            "Các mức của một tiêu chí không chồng nhau",
            "Mức 1 từ 0,9 trở lên, mức 2 từ 0,8 đến 0,95: giá trị 0,92 được hai số điểm",
            REPORT,
            failing="select distinct one.source_row_number from batch as one inner join batch as other "
            f"on {same} and one.source_row_number <> other.source_row_number "
            f"and one.answer_code is null and other.answer_code is null "
            f"and {_begins_before_end('one', 'other')} and {_begins_before_end('other', 'one')}",
            checked="select count(*) from batch where answer_code is null",
        ),
    ]


def _begins_before_end(first: str, second: str) -> str:
    """Some value at or above `first`'s lower bound may be at or below `second`'s upper bound."""
    return (
        f"({first}.lower_value is null or {second}.upper_value is null "
        f"or {first}.lower_value < {second}.upper_value or ({first}.lower_value = {second}.upper_value "
        f"and coalesce({first}.is_lower_included, true) and coalesce({second}.is_upper_included, true)))"
    )
