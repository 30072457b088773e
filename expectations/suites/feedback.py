"""Gate 1: what citizens say after a service: ratings and petitions."""

from __future__ import annotations

from expectations.results import FLAG_ROW, REFUSE_FILE, REJECT_ROW, REPORT
from expectations.rules import Rule, SourceSuite
from expectations.suites.survey import OFF_SCALE, from_2000
from expectations.suites.suspicious import ratings_spread

NO_ANSWER = "9"


def rating_rules() -> list[Rule]:
    """Rules on a delivery of `kiosk__ratings`."""
    suite = SourceSuite("kiosk__ratings", "ratings")
    outside = f"answer_code <> '{NO_ANSWER}' and cast(answer_code as integer) > cast(scale_code as integer)"
    return [
        suite.has_rows(REFUSE_FILE),
        suite.most_rows(
            "answers_mostly_on_scale",
            "Ít nhất một nửa số mức đã chọn thuộc thang đánh giá",
            "Thang 3 mức, mà phần lớn dòng ghi mức 4 và 5",
            REFUSE_FILE,
            fails=outside,
        ),
        suite.rows(
            "answer_on_scale",
            "Mức đã chọn thuộc thang đánh giá",
            "Mức 4 trên thang 3 mức",
            REJECT_ROW,
            fails=outside,
            column="answer_code",
            why=OFF_SCALE,
        ),
        suite.once(
            "rating_once",
            "Mỗi nội dung của một lượt đánh giá có một dòng trong tệp",
            "Lượt R-000123, đánh giá chung ở dòng 12 và dòng 34",
            FLAG_ROW,
            keys=("authority_code", "rating_code", "item_code"),
            column="rating_code",
        ),
        from_2000(suite, "rated_at", "Thời điểm đánh giá"),
        suite.not_in_future("rated_at", "Thời điểm đánh giá"),
        suite.rule(
            "one_rating_per_dossier_and_item",
            "Mỗi hồ sơ được đánh giá một lần cho mỗi nội dung",
            "Hồ sơ H99.01-260105-0007 có 40 lượt đánh giá chung",
            REPORT,
            failing="select authority_code, dossier_code, item_code from batch where dossier_code is not null "
            "group by authority_code, dossier_code, item_code having count(distinct rating_code) > 1",
            checked="select count(*) from (select distinct authority_code, dossier_code, item_code from batch "
            "where dossier_code is not null) as rated",
            why="Có thể người dân đánh giá lại thật; là điều cần biết về cả tệp",
        ),
        ratings_spread(suite),
    ]


def petition_rules() -> list[Rule]:
    """Rules on a delivery of `petition_portal__petitions`."""
    suite = SourceSuite("petition_portal__petitions", "petitions")
    return [
        suite.has_rows(REFUSE_FILE),
        suite.once(
            "petition_once",
            "Mỗi phản ánh, kiến nghị có một dòng trong tệp",
            "Mã PAKN-260105-0012 ở dòng 12 và dòng 34",
            FLAG_ROW,
            keys=("authority_code", "petition_code"),
            column="petition_code",
        ),
        suite.rows(
            "answered_not_before_received",
            "Trả lời không trước khi tiếp nhận",
            "Tiếp nhận 05/01/2026, trả lời 04/01/2026",
            FLAG_ROW,
            fails="answered_at < received_at",
            applies="answered_at is not null",
            column="answered_at",
        ),
        suite.not_in_future("received_at", "Thời điểm tiếp nhận"),
        suite.not_in_future("more_requested_at", "Thời điểm yêu cầu bổ sung thông tin"),
        suite.not_in_future("answered_at", "Thời điểm trả lời"),
        suite.not_in_future("published_at", "Thời điểm công khai"),
        suite.rows(
            "published_not_before_answered",
            "Công khai không trước khi trả lời",
            "Trả lời 20/01/2026, công khai 19/01/2026",
            FLAG_ROW,
            fails="answered_at is null or published_at < answered_at",
            applies="published_at is not null",
            column="published_at",
        ),
        suite.rows(
            "closed_has_answer_date",
            "Phản ánh đã trả lời hoặc bị từ chối có thời điểm trả lời",
            "Kết quả «Đã trả lời», không ghi ngày trả lời",
            FLAG_ROW,
            fails="answered_at is null",
            applies="outcome_code in ('answered', 'refused')",
            column="answered_at",
        ),
        suite.rows(
            "only_answers_are_judged",
            "Chỉ phản ánh đã được trả lời mới có đánh giá hài lòng",
            "Kết quả «Đang xử lý», mà ghi người phản ánh hài lòng",
            FLAG_ROW,
            fails="outcome_code = 'in_progress'",
            applies="is_satisfied is not null and outcome_code is not null",
            column="is_satisfied",
        ),
    ]
