"""Gate 1: scoring of administrative reform: criterion scores, their explanations, the nine indices of quality."""

from __future__ import annotations

from dagster_project.landing.personal import PERSONAL_VALUE
from expectations.results import FLAG_ROW, REFUSE_FILE, REJECT_ROW
from expectations.rules import Rule, SourceSuite
from expectations.suites.portal import CLAIM_KEPT, NEGATIVE, period_in_order

# Nine indices of NĐ 61/2018, 0 to 2 points each. Means have two decimals, so that a sum of nine is off by up to 0.05.
INDICES = tuple(f"index_{number}_score" for number in range(1, 10))
INDEX_MAXIMUM = 2
# No criterion has a higher maximum (expectations/suites/regulations.py).
HIGHEST_SCORE = 1000
# What the engine multiplies before it divides must fit its decimals.
LARGEST_VALUE = 1_000_000_000
LARGEST_COUNT = 1_000_000_000_000
# As many as there are people in the country.
MOST_ANSWERS = 100_000_000
OFFICE_CODE = "[A-Za-z0-9][A-Za-z0-9._-]*"
INDEX_ROUNDING = "0.05"


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
        period_in_order(suite),
        suite.rows(
            "figures_not_negative",
            "Số liệu nêu trong phiếu không âm",
            "Giải ngân ghi -45 trên 50",
            FLAG_ROW,
            fails="least(measured_numerator, measured_denominator, measured_value) < 0",
            applies="coalesce(measured_numerator, measured_denominator, measured_value) is not null",
            column="measured_numerator",
            why="Số âm không phải phần của cái gì: tiêu chí không được tính từ số liệu này",
        ),
        suite.rows(
            "scores_readable",
            f"Điểm trong phiếu từ -{HIGHEST_SCORE} đến {HIGHEST_SCORE}",
            "Ngày 15/01/2026 nằm ở cột điểm",
            REJECT_ROW,
            fails=f"greatest(abs(self_score), abs(appraised_score_1), abs(appraised_score_2), abs(survey_score)) "
            f"> {HIGHEST_SCORE}",
            applies="coalesce(self_score, appraised_score_1, appraised_score_2, survey_score) is not null",
            column="self_score",
            why="Không bộ tiêu chí nào có điểm lớn như vậy: cột bị lệch hoặc số bị đọc sai",
        ),
        suite.rows(
            "figures_readable",
            f"Tử số, mẫu số không quá {_dotted(LARGEST_COUNT)}, giá trị nêu trong phiếu không quá "
            f"{_dotted(LARGEST_VALUE)}",
            "Số tiền ghi theo đồng: 95000000000 thay cho 95 (tỷ đồng)",
            REJECT_ROW,
            fails=f"greatest(measured_numerator, measured_denominator) > {LARGEST_COUNT} "
            f"or least(measured_numerator, measured_denominator) < -{LARGEST_COUNT} "
            f"or measured_value not between -{LARGEST_VALUE} and {LARGEST_VALUE}",
            applies="coalesce(measured_numerator, measured_denominator, measured_value) is not null",
            column="measured_value",
            why="Số lớn như vậy kho không tính chính xác được: cột bị lệch, hoặc phải ghi theo đơn vị lớn hơn",
        ),
        suite.rows(
            "answer_count_possible",
            f"Số phiếu trả lời từ 0 đến {_dotted(MOST_ANSWERS)}",
            "Số phiếu trả lời -60",
            REJECT_ROW,
            fails=f"survey_answer_count not between 0 and {MOST_ANSWERS}",
            applies="survey_answer_count is not null",
            column="survey_answer_count",
            why="Không thể có số phiếu như vậy: cột bị lệch hoặc số bị đọc sai, điểm bên cạnh cũng không tin được",
        ),
        suite.rows(
            "survey_score_has_answers",
            "Có điểm điều tra thì số phiếu trả lời lớn hơn 0; không biết số phiếu thì để trống",
            "Điểm điều tra 5,5, số phiếu trả lời 0",
            FLAG_ROW,
            fails="survey_answer_count = 0",
            applies="survey_score is not null",
            column="survey_answer_count",
            why="Điểm vẫn được tính nhưng không nêu được khoảng hạng; phải hỏi lại nơi điều tra có bao nhiêu phiếu",
        ),
        suite.rows(
            "scores_not_negative",
            "Điểm không âm; điểm trừ ghi là số dương",
            "Điểm trừ ghi -2",
            FLAG_ROW,
            fails="least(self_score, appraised_score_1, appraised_score_2, survey_score) < 0",
            applies="coalesce(self_score, appraised_score_1, appraised_score_2, survey_score) is not null",
            column="self_score",
            why="Điểm âm được tính là 0; điểm trừ ghi số dương mới trừ được",
        ),
        suite.rows(
            "figure_is_whole",
            "Có mẫu số thì có tử số",
            "Tử số để trống, mẫu số ghi 50",
            FLAG_ROW,
            fails="measured_numerator is null",
            applies="measured_denominator is not null",
            column="measured_numerator",
        ),
        suite.rows(
            "nothing_of_nothing",
            "Mẫu số bằng 0 thì tử số cũng bằng 0",
            "Tử số ghi 5, mẫu số ghi 0",
            FLAG_ROW,
            fails="measured_numerator > 0",
            applies="measured_denominator = 0",
            column="measured_numerator",
            why="Mẫu số 0 là không có việc nào để làm: tiêu chí được xử như vậy và tử số không được dùng",
        ),
        suite.not_in_future("self_scored_date", "Ngày tự chấm"),
        suite.not_in_future("appraised_date_1", "Ngày thẩm định lần 1"),
        suite.not_in_future("appraised_date_2", "Ngày thẩm định lần 2"),
    ]


def explanation_rules() -> list[Rule]:
    """Rules on a delivery of `par__score_explanations`."""
    suite = SourceSuite("par__score_explanations", "explanations")
    return [
        suite.has_rows(REFUSE_FILE),
        period_in_order(suite),
        suite.once(
            "step_once",
            "Mỗi bước giải trình của một tiêu chí có một dòng trong tệp",
            "H99.01, tiêu chí 3.2, giải trình lúc 09:15 ngày 10/02/2026 ở dòng 12 và dòng 34",
            FLAG_ROW,
            keys=("authority_code", "campaign_code", "unit_code", "criterion_code", "stated_at", "stage_code"),
            column="stated_at",
        ),
        suite.not_in_future("stated_at", "Thời điểm nêu ý kiến"),
        suite.rows(
            "actor_is_an_office",
            "Nơi nêu ý kiến là mã cơ quan hoặc tổ, không phải tên người",
            "Ghi «Nguyễn Văn An» thay cho H99.01",
            REJECT_ROW,
            fails=f"not regexp_full_match(actor_code, '{OFFICE_CODE}')",
            column="actor_code",
            why="Vòng giải trình được công bố; tên người không được đứng trong đó",
        ),
        suite.rows(
            "reason_tells_of_nobody",
            "Lý do không có số điện thoại, số định danh, thư điện tử",
            "«Liên hệ anh An, 0912345678»",
            REJECT_ROW,
            fails=f"regexp_matches(reason_text, '{PERSONAL_VALUE}')",
            column="reason_text",
            why="Vòng giải trình được công bố; thông tin cá nhân không được đứng trong đó",
        ),
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
        suite.rows(
            "total_readable",
            f"Tổng điểm từ -{HIGHEST_SCORE} đến {HIGHEST_SCORE}",
            "Ngày 15/01/2026 nằm ở cột tổng điểm",
            REJECT_ROW,
            fails=f"abs(declared_total_score) > {HIGHEST_SCORE}",
            applies="declared_total_score is not null",
            column="declared_total_score",
            why="Chín chỉ số cộng lại nhiều nhất 18 điểm: cột bị lệch hoặc số bị đọc sai",
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


def _dotted(number: int) -> str:
    return f"{number:,}".replace(",", ".")
