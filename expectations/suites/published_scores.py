"""Gate 2: what readers are promised of points and ranks by regulation."""

from __future__ import annotations

from expectations.rules import Rule, TableSuite

_SCORED = ("authority_code", "regulation_version_code", "period_code", "unit_code")
_RANKED = "authority_code, regulation_version_code, period_code, peer_group_code"


def rules() -> list[Rule]:
    """Rules on `fct_unit_scores` and `fct_score_rankings`."""
    return [*_unit_scores(), *_score_rankings()]


def _unit_scores() -> list[Rule]:
    suite = TableSuite("fct_unit_scores", _SCORED)
    keys = ", ".join(_SCORED)
    same = " and ".join(f"leaf.{key} = batch.{key}" for key in _SCORED)
    return [
        suite.key_once("Mỗi đơn vị có một tổng điểm theo quy định và kỳ", "Sở Xây dựng có hai tổng điểm năm 2025"),
        suite.known(
            "regulation_known",
            "Bản quy định có trong dim_regulations",
            "Điểm theo BTC-SO@2024-01-01, bản này không có",
            columns=("authority_code", "regulation_version_code"),
            table="dim_regulations",
        ),
        suite.rule(
            "contributions_add_up",
            "Phần đóng góp của các tiêu chí cộng lại đúng bằng tổng điểm trước khi làm tròn",
            "Các tiêu chí cộng lại 81,2, tổng ghi 82",
            failing=f"select {keys} from batch where base_score + bonus_score - penalty_score is distinct from "
            f"(select coalesce(sum(leaf.contribution_score), 0) from fct_criterion_scores as leaf where {same})",
            checked="select count(*) from batch",
            needs=("fct_criterion_scores",),
        ),
        suite.rows(
            "percent_only_when_scored",
            "Có tỷ lệ khi và chỉ khi mọi tiêu chí đã có điểm",
            "Còn 10 điểm chưa chấm mà ghi 85 %",
            fails="(total_percent is null) <> (value_status in ('no_activity', 'not_assessed'))",
        ),
    ]


def _score_rankings() -> list[Rule]:
    suite = TableSuite("fct_score_rankings", (*_SCORED, "peer_group_code"))
    keys = ", ".join(suite.keys)
    same_group = " and ".join(f"peer.{key} = batch.{key}" for key in _RANKED.split(", "))
    return [
        suite.key_once("Mỗi đơn vị có một dòng trong một bảng xếp hạng", "Sở Xây dựng đứng hai lần"),
        suite.rows(
            "only_scored_ranked",
            "Chỉ xếp hạng đơn vị đã chấm đủ và đủ số liệu",
            "Đơn vị còn tiêu chí chưa chấm vẫn có hạng",
            fails="(unit_rank is not null) <> (value_status = 'ok')",
        ),
        suite.rule(
            "ranks_follow_percents",
            "Đơn vị có tỷ lệ cao hơn không đứng sau đơn vị có tỷ lệ thấp hơn",
            "82,1 % hạng 5, 81,9 % hạng 4",
            failing=f"select {keys} from batch where exists (select 1 from batch as peer where {same_group} "
            "and peer.total_percent > batch.total_percent and peer.unit_rank > batch.unit_rank)",
            checked="select count(*) from batch where unit_rank is not null",
        ),
        suite.rule(
            "rank_counts_those_before",
            "Hạng là một cộng số đơn vị đứng trước (1-2-2-4)",
            "Hai đơn vị đồng hạng 2, đơn vị tiếp theo hạng 3",
            failing=f"select {keys} from batch where unit_rank is not null and unit_rank <> 1 + "
            f"(select count(*) from batch as peer where {same_group} and peer.unit_rank < batch.unit_rank)",
            checked="select count(*) from batch where unit_rank is not null",
        ),
        suite.rows(
            "rank_inside_its_range",
            "Hạng nằm trong khoảng hạng",
            "Hạng 3, khoảng hạng 4–7",
            fails="not coalesce(rank_low <= unit_rank and unit_rank <= rank_high, false)",
            applies="rank_low is not null or rank_high is not null",
        ),
        suite.rule(
            "range_where_every_total_has_one",
            "Có khoảng hạng khi và chỉ khi mọi đơn vị được xếp hạng trong bảng có khoảng của tổng điểm",
            "Một đơn vị có 10 điểm không biết đếm trên bao nhiêu, bảng vẫn nêu khoảng hạng 3–3",
            failing=f"select {keys} from batch where unit_rank is not null and (rank_low is null) <> exists "
            f"(select 1 from batch as peer where {same_group} and peer.unit_rank is not null and "
            "peer.percent_low is null)",
            checked="select count(*) from batch where unit_rank is not null",
        ),
    ]
