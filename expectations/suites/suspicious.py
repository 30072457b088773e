"""Gate 1: ballots and ratings that nobody may have given: copies, one answer throughout, too quick, too many at once.

Each is flagged and counted all the same: the warehouse cannot know, only the sender can look.
"""

from __future__ import annotations

from expectations.results import FLAG_ROW
from expectations.rules import Rule, SourceSuite
from expectations.seeds import quoted
from expectations.suites.packed import ANSWER_COUNT, ANSWERED, PAIRS, kinds_of_answers
from expectations.suites.questionnaires import ANSWER_KINDS, national_instruments

# The thresholds of this file are the warehouse's own choice, not law: wide enough that honest field work passes.
# Two people seldom agree on ten questions and more by chance.
FEWEST_ALIKE = 10
# A question of SIPAS takes an interviewer five seconds and more to read aloud.
SECONDS_PER_ANSWER = 2
LONGEST_HOURS = 24
# Of a ballot with 22 questions nobody makes more than one in three minutes.
BURST_BALLOTS, BURST_MINUTES = 20, 60
# People at one counter follow each other; ten in a minute is somebody pressing the button again and again.
BURST_RATINGS, BURST_RATING_MINUTES = 10, 1
# A file that gives days only has all of its moments at midnight: it says nothing of minutes.
_HAS_TIME = "{0} <> date_trunc('day', {0})"


def ballot_rules(suite: SourceSuite) -> list[Rule]:
    """Rules on the answers of a ballot as a whole, and on ballots beside each other."""
    return [_no_copies(suite), _not_one_answer_throughout(suite), _duration_possible(suite), _ballots_spread(suite)]


def _no_copies(suite: SourceSuite) -> Rule:
    # One file writes the questions of every ballot in one order.
    long_enough = f"item_answers is not null and {ANSWER_COUNT} >= {FEWEST_ALIKE}"
    return suite.rule(
        "no_copies",
        f"Không có hai phiếu giống hệt nhau (từ {FEWEST_ALIKE} câu trở lên) của cùng đợt, đơn vị và máy",
        "Phiếu P-000123 và P-000124 của H99.01 trả lời giống nhau cả 22 câu",
        FLAG_ROW,
        failing=f"select unnest(list(source_row_number)) as source_row_number from batch where {long_enough} "
        "group by authority_code, wave_code, unit_code, device_code, instrument_code, item_answers "
        "having min(ballot_code) <> max(ballot_code)",
        checked=f"select count(*) from batch where {long_enough}",
        column="item_answers",
        why="Có thể một phiếu được chép thành hai; phiếu vẫn tính, nơi khảo sát phải xem lại",
    )


def _not_one_answer_throughout(suite: SourceSuite) -> Rule:
    # What scale a province's own questions have is not known here: there every answer counts.
    about_satisfaction = (
        f"select instrument_code, pair, answer_code from {kinds_of_answers()} "
        f"where instrument_code not in ({national_instruments()}) "
        f"or (starts_with(scale_code, 'satisfaction') and option_kind_code in ({quoted(ANSWER_KINDS)}))"
    )
    satisfaction = (
        f"select source_row_number from {PAIRS} inner join ({about_satisfaction}) as about_satisfaction "
        f"using (instrument_code, pair) group by source_row_number having count(*) >= {FEWEST_ALIKE}"
    )
    return suite.rule(
        "not_one_answer_throughout",
        f"Phiếu có từ {FEWEST_ALIKE} câu hỏi về mức hài lòng không chọn cùng một mức ở mọi câu",
        "Phiếu P-000123 chọn «Hài lòng» ở cả 22 câu",
        FLAG_ROW,
        failing=f"{satisfaction} and min(answer_code) = max(answer_code)",
        checked=f"select count(*) from ({satisfaction}) as ballots",
        column="item_answers",
        why="Có thể người được hỏi, hoặc điều tra viên, chọn cho xong; phiếu vẫn tính",
    )


def _duration_possible(suite: SourceSuite) -> Rule:
    seconds = "date_diff('second', started_at, answered_at)"
    return suite.rows(
        "duration_possible",
        f"Thời gian trả lời từ {SECONDS_PER_ANSWER} giây mỗi câu đến {LONGEST_HOURS} giờ cả phiếu",
        "Trả lời 22 câu trong 15 giây; hoặc bắt đầu ngày 10/09, xong ngày 14/09",
        FLAG_ROW,
        fails=f"{seconds} < {SECONDS_PER_ANSWER} * {ANSWER_COUNT} or {seconds} > {LONGEST_HOURS} * 3600",
        applies="item_answers is not null and answered_at >= started_at "
        f"and ({_HAS_TIME.format('started_at')} or {_HAS_TIME.format('answered_at')})",
        column="started_at",
        why="Không ai đọc và trả lời nhanh như vậy, hoặc phiếu để dở rồi điền tiếp; phiếu vẫn tính",
    )


def _ballots_spread(suite: SourceSuite) -> Rule:
    device = "authority_code, device_code"
    ballots = (
        f"select source_row_number, {device}, answered_at as happened_at from batch "
        f"where {ANSWERED} and device_code is not null and {_HAS_TIME.format('answered_at')}"
    )
    return suite.rule(
        "ballots_spread",
        f"Một máy hoặc điều tra viên không có quá {BURST_BALLOTS} phiếu trong {BURST_MINUTES} phút",
        "Máy MAY-03 có 64 phiếu từ 16:00 đến 16:50 ngày 10/09/2026",
        FLAG_ROW,
        failing=f"select source_row_number from {_crowded(ballots, device, BURST_BALLOTS, BURST_MINUTES)}",
        checked=f"select count(*) from ({ballots}) as ballots",
        column="device_code",
        why="Có thể một người điền thay nhiều người; phiếu vẫn tính, nơi khảo sát phải xem lại",
    )


def ratings_spread(suite: SourceSuite) -> Rule:
    """The same of `kiosk__ratings`; online and on paper many may come in one minute."""
    place = "authority_code, unit_code, device"
    at_counter = (
        "select *, coalesce(device_code, '') as device from batch "
        f"where coalesce(mode_code, 'kiosk') = 'kiosk' and {_HAS_TIME.format('rated_at')}"
    )
    # Several questions of one rating are one press after the other of one person.
    ratings = (
        f"select {place}, rating_code, min(rated_at) as happened_at from ({at_counter}) as at_counter "
        f"group by {place}, rating_code"
    )
    return suite.rule(
        "ratings_spread",
        f"Một đơn vị (một máy, khi tệp ghi mã máy) không có quá {BURST_RATINGS} lượt đánh giá tại quầy trong một phút",
        "Máy KIOSK-2 của H99.01 có 35 lượt «Rất hài lòng» lúc 16:58 ngày 30/09/2026",
        FLAG_ROW,
        failing=f"select source_row_number from ({at_counter}) as at_counter semi join "
        f"{_crowded(ratings, place, BURST_RATINGS, BURST_RATING_MINUTES)} using ({place}, rating_code)",
        checked=f"select count(*) from ({at_counter}) as at_counter",
        column="rated_at",
        why="Có thể một người bấm nhiều lần; lượt đánh giá vẫn tính, đơn vị phải xem lại",
    )


def _crowded(things: str, place: str, most: int, minutes: int) -> str:
    """Relation of those `things` that lie with `most` others of their place within so many minutes."""
    in_order = f"partition by {place} order by happened_at"
    is_begun = f"lead(happened_at, {most}) over ({in_order}) <= happened_at + interval '{minutes} minutes'"
    begun = f"select *, coalesce({is_begun}, false) as is_begun from ({things}) as things"
    return (
        f"(select * from (select *, bool_or(is_begun) over ({in_order} rows between {most} preceding and current row) "
        f"as is_crowded from ({begun}) as begun) as judged where is_crowded) as crowded"
    )
