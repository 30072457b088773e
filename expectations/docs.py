"""The data-docs page: every rule of both borders in Vietnamese, with what it found last.

One static file without outside requests; Great Expectations' own pages fetch their styles from the
network and stay bare without it. Does not belong here: checking anything.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from html import escape
from pathlib import Path

from dagster_project.landing.contracts import load_contract
from expectations.catalogue import all_rules
from expectations.results import BLOCK_PUBLISH, FLAG_ROW, REFUSE_FILE, REJECT_ROW, REPORT, RuleResult
from expectations.rules import GATE_PUBLISH, PlanRule, Rule

SECTIONS = {
    "file": ("Cửa vào: từng tệp", "Kiểm tra từng tệp sau khi đọc và định kiểu"),
    "plan": ("Cửa vào: giữa các lần nạp", "Kiểm tra mọi lần nạp mà bản dựng dùng, đặt cạnh nhau"),
    "published": ("Cửa ra", "Kiểm tra các bảng trước khi công bố"),
}
# What is done, what that means for the sender, and why, where the rule itself gives no reason.
EFFECTS = {
    REFUSE_FILE: (
        "Từ chối tệp",
        "Không dòng nào được nhận",
        "Tệp chắc chắn đã bị đọc sai, hoặc không phải tệp này; nhận vào là sai cả kỳ",
    ),
    REJECT_ROW: (
        "Loại dòng",
        "Dòng không được tính, được giữ trong danh sách dòng bị loại; các dòng khác vẫn được nhận",
        "Dòng không thể có nghĩa",
    ),
    FLAG_ROW: (
        "Đánh dấu dòng",
        "Dòng vẫn được tính; người gửi phải xem lại",
        "Dòng vẫn có nghĩa và vẫn tính; có chỗ chưa đúng mà máy không tự sửa",
    ),
    REPORT: ("Báo lại", "Ghi vào kết quả của lần nạp", "Nói về cả lần nạp, không quy được cho một dòng"),
    BLOCK_PUBLISH: (
        "Chặn công bố",
        "Bản công bố cũ vẫn được dùng",
        "Số sai đã công bố thì không thu lại được",
    ),
}
TABLES = {
    "published_columns": "Hình dạng của bản công bố",
    "dim_authorities": "Địa phương",
    "dim_units": "Đơn vị",
    "bridge_unit_successions": "Đơn vị kế thừa",
    "fct_unit_period_changes": "Kỳ không so được với kỳ trước vì sắp xếp đơn vị",
    "dim_peer_groups": "Nhóm so sánh",
    "dim_periods": "Kỳ",
    "dim_indicators": "Chỉ số",
    "fct_indicator_values": "Giá trị chỉ số",
    "fct_indicator_values_by_successor": "Giá trị chỉ số theo tổ chức hiện nay",
    "fct_unit_rankings": "Xếp hạng đơn vị",
    "dim_regulations": "Quy định chấm điểm",
    "dim_criteria": "Tiêu chí",
    "dim_criterion_bands": "Thang điểm",
    "dim_grades": "Thang xếp loại",
    "fct_score_inputs": "Số liệu để chấm điểm",
    "fct_score_answers": "Câu trả lời khảo sát đứng sau điểm",
    "fct_rule_scores": "Điểm theo cách chấm",
    "fct_criterion_scores": "Điểm tiêu chí",
    "fct_unit_scores": "Tổng điểm đơn vị",
    "fct_score_peer_groups": "Nhóm xếp hạng của đơn vị",
    "fct_score_rankings": "Xếp hạng theo quy định",
    "rpt_score_differences": "Chênh lệch điểm nêu và điểm tính",
    "fct_score_explanations": "Giải trình điểm",
    "dim_survey_instruments": "Bộ câu hỏi khảo sát",
    "dim_survey_items": "Câu hỏi khảo sát",
    "dim_survey_options": "Trả lời của thang khảo sát",
    "dim_survey_waves": "Đợt khảo sát",
    "fct_survey_estimates": "Ước lượng từ khảo sát",
    "fct_survey_responses": "Tỷ lệ trả lời khảo sát",
    "fct_survey_answer_shares": "Cơ cấu trả lời khảo sát",
    "fct_survey_declared_results": "Kết quả khảo sát nơi khác công bố",
    "fct_survey_comparisons": "So sánh kết quả khảo sát",
    "fct_rating_counts": "Đánh giá sau giải quyết",
    "rpt_survey_funnels": "Chỉ số khảo sát quanh mức chung",
    "rpt_on_time_perceptions": "Đúng hẹn theo hệ thống và theo người dân",
    "rpt_survey_sides": "Các nguồn về mức hài lòng đặt cạnh nhau",
    "fct_dossiers": "Hồ sơ",
    "fct_dossier_date_changes": "Ngày bị sửa của hồ sơ",
    "fct_dossier_stops": "Lần tạm dừng tính thời hạn của hồ sơ",
    "fct_dossier_verdicts": "Kết luận của từng định nghĩa về một hồ sơ",
    "fct_timeliness_counts": "Số đếm đúng hạn theo bộ phận, thủ tục, kênh",
    "fct_form_06a": "Biểu II.06a lập lại từ hồ sơ",
    "fct_report_differences": "Chênh lệch giữa báo cáo và hồ sơ",
    "fct_dossier_supplements": "Lần yêu cầu bổ sung",
    "fct_apology_letters": "Phiếu xin lỗi",
    "fct_dossier_versions": "Các lần nạp của một hồ sơ",
    "fct_dossier_steps": "Bước của hồ sơ quá một trong các hạn hoặc đang mở",
    "fct_step_times": "Thời gian mỗi bước",
    "fct_dossier_delays": "Phần trễ của hồ sơ theo đơn vị",
    "fct_sync_differences": "Đối chiếu với Cổng Dịch vụ công quốc gia",
    "rpt_sync_totals": "Đối chiếu với Cổng theo đơn vị và tháng",
    "dim_difference_causes": "Nguyên nhân khác nhau",
    "fct_deliveries": "Tệp đã nạp",
    "fct_delivery_authorities": "Tệp đã nạp theo địa phương",
    "fct_rule_results": "Kết quả kiểm tra",
    "fct_data_quality": "Chất lượng dữ liệu",
    "fct_dossier_flags": "Điều cần xem lại của hồ sơ",
    "dim_rules": "Danh mục quy tắc",
    "rpt_units_to_watch": "Đơn vị cần xem",
    "rpt_open_dossiers": "Hồ sơ đang giải quyết",
    "rpt_backlog_ages": "Tuổi tồn đọng",
    "rpt_handover_gaps": "Hồ sơ có kết quả chưa trả",
    "rpt_unit_handover_gaps": "Hồ sơ có kết quả chưa trả theo đơn vị",
    "rpt_repeat_late_officers": "Cán bộ chậm nhiều lần",
    "rpt_rank_robustness": "Độ vững của hạng khi đổi trọng số",
    "rpt_saturated_criteria": "Tiêu chí không còn phân loại được đơn vị",
}
STYLE = """
:root { --ink: #1b2430; --soft: #5b6675; --line: #dfe4ea; --ground: #f6f7f9;
        --good: #1b7f4d; --bad: #b3261e; --none: #8a94a3; }
* { box-sizing: border-box; }
body { margin: 0; background: var(--ground); color: var(--ink);
       font: 16px/1.5 "Noto Sans", "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif; }
main { max-width: 66rem; margin: 0 auto; padding: 2rem 1.25rem 4rem; }
h1 { font-size: 1.7rem; margin: 0 0 .25rem; }
h2 { font-size: 1.3rem; margin: 2.5rem 0 .25rem; }
h3 { font-size: 1.05rem; margin: 1.75rem 0 .5rem; }
h3 code, td code, li code { font-size: .8rem; color: var(--soft); font-weight: normal; }
p { margin: .25rem 0; color: var(--soft); }
.cards { display: flex; flex-wrap: wrap; gap: .75rem; margin: 1.25rem 0; }
.card { background: #fff; border: 1px solid var(--line); border-radius: .5rem; padding: .75rem 1.1rem;
        min-width: 9rem; }
.card b { display: block; font-size: 1.5rem; }
table { width: 100%; border-collapse: collapse; background: #fff; border: 1px solid var(--line); }
th, td { text-align: left; vertical-align: top; padding: .5rem .7rem; border-top: 1px solid var(--line); }
th { font-size: .85rem; color: var(--soft); font-weight: 600; border-top: 0; }
td.number { text-align: right; white-space: nowrap; font-variant-numeric: tabular-nums; }
.state { font-weight: 600; white-space: nowrap; }
.good { color: var(--good); } .bad { color: var(--bad); } .none { color: var(--none); }
.example { color: var(--soft); font-size: .88rem; }
ul { margin: .35rem 0 0; padding-left: 1.1rem; font-size: .9rem; }
"""


def write_docs(results: Iterable[RuleResult], out_dir: Path) -> Path:
    """Write `index.html` into `out_dir` (made if absent) and return its path.

    `results` are those of the last runs, any number of deliveries; rules never run say so. The same
    results give the same bytes.
    """
    by_rule: dict[str, list[RuleResult]] = {}
    for result in sorted(results, key=lambda each: (each.rule_code, each.subject_name)):
        by_rule.setdefault(result.rule_code, []).append(result)
    rules = all_rules()
    sections = "".join(_section(section, rules, by_rule) for section in SECTIONS)
    page = (
        '<!doctype html><html lang="vi"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>Quy tắc chất lượng dữ liệu</title><style>{STYLE}</style></head><body><main>"
        "<h1>Quy tắc chất lượng dữ liệu</h1>"
        "<p>Mỗi quy tắc có mã cố định, người chịu trách nhiệm, ví dụ và kết quả lần kiểm tra gần nhất.</p>"
        f"{_cards(rules, by_rule)}{_effects(rules)}{sections}</main></body></html>\n"
    )
    out_dir.mkdir(parents=True, exist_ok=True)
    path = out_dir / "index.html"
    temporary = out_dir / ".index.html.tmp"
    temporary.write_text(page, encoding="utf-8")
    temporary.replace(path)
    return path


def _number(count: int) -> str:
    return f"{count:,}".replace(",", ".")


def _cards(rules: list[Rule], by_rule: Mapping[str, list[RuleResult]]) -> str:
    results = [result for found in by_rule.values() for result in found]
    failed = [result for result in results if not result.is_passed]
    refused = [result for result in failed if result.effect_code in (REFUSE_FILE, BLOCK_PUBLISH)]
    rejected = sum(result.failed_count for result in failed if result.effect_code == REJECT_ROW)
    flagged = sum(result.failed_count for result in failed if result.effect_code == FLAG_ROW)
    figures = [
        (len(rules), "quy tắc"),
        (len(results), "lượt kiểm tra"),
        (len(failed), "lượt không đạt"),
        (len(refused), "lượt từ chối hoặc chặn"),
        (rejected, "chỗ bị loại dòng"),
        (flagged, "chỗ bị đánh dấu"),
    ]
    cards = "".join(f'<div class="card"><b>{_number(count)}</b>{text}</div>' for count, text in figures)
    return f'<div class="cards">{cards}</div>'


def _effects(rules: list[Rule]) -> str:
    rows = "".join(
        f'<tr><td class="state">{name}</td><td>{meaning}</td><td>{reason}</td>'
        f'<td class="number">{_number(sum(rule.effect_code == effect for rule in rules))}</td></tr>'
        for effect, (name, meaning, reason) in EFFECTS.items()
    )
    return (
        "<h2>Khi không đạt</h2><table><thead><tr><th>Việc làm</th><th>Nghĩa là</th><th>Vì sao</th>"
        f"<th>Số quy tắc</th></tr></thead><tbody>{rows}</tbody></table>"
    )


def _section_of(rule: Rule) -> str:
    if rule.gate_code == GATE_PUBLISH:
        return "published"
    return "plan" if isinstance(rule, PlanRule) else "file"


def _section(section: str, rules: list[Rule], by_rule: Mapping[str, list[RuleResult]]) -> str:
    title, explanation = SECTIONS[section]
    by_subject: dict[str, list[Rule]] = {}
    for rule in rules:
        if _section_of(rule) == section:
            by_subject.setdefault(rule.subject, []).append(rule)
    tables = "".join(_subject(subject, group, by_rule) for subject, group in by_subject.items())
    return f"<h2>{title}</h2><p>{explanation}</p>{tables}"


def _subject(subject: str, rules: list[Rule], by_rule: Mapping[str, list[RuleResult]]) -> str:
    title = TABLES.get(subject) or load_contract(subject).title
    rows = "".join(_row(rule, by_rule.get(rule.code, [])) for rule in rules)
    return (
        f"<h3>{escape(title)} <code>{escape(subject)}</code></h3>"
        "<table><thead><tr><th>Quy tắc</th><th>Khi không đạt</th><th>Người sửa</th><th>Kết quả</th>"
        f"<th>Đã xem</th><th>Không đạt</th></tr></thead><tbody>{rows}</tbody></table>"
    )


def _row(rule: Rule, results: list[RuleResult]) -> str:
    failed = [result for result in results if not result.is_passed]
    effect, _, reason = EFFECTS[rule.effect_code]
    checked_count = sum(result.checked_count for result in results)
    failed_count = sum(result.failed_count for result in results)
    return (
        f'<tr id="{escape(rule.code)}"><td>{escape(rule.text)}<br><code>{escape(rule.code)}</code>'
        f'<div class="example">Ví dụ không đạt: {escape(rule.example)}</div>{_failures(failed)}</td>'
        f'<td><b>{effect}</b><div class="example">{escape(rule.why or reason)}</div></td>'
        f"<td>{escape(rule.owner)}</td><td>{_state(results, failed)}</td>"
        f'<td class="number">{_number(checked_count) if results else "–"}</td>'
        f'<td class="number">{_number(failed_count) if results else "–"}</td></tr>'
    )


def _state(results: list[RuleResult], failed: list[RuleResult]) -> str:
    if not results:
        return '<span class="state none">Chưa kiểm tra</span>'
    if not failed and not any(result.checked_count for result in results):
        return '<span class="state none">Không có gì để kiểm tra</span>'
    if not failed:
        return '<span class="state good">Đạt</span>'
    if len(results) == 1:
        return '<span class="state bad">Không đạt</span>'
    return f'<span class="state bad">Không đạt {_number(len(failed))} / {_number(len(results))}</span>'


def _failures(failed: list[RuleResult]) -> str:
    items = "".join(
        f"<li><code>{escape(result.subject_name)}</code>: {_number(result.failed_count)} trên "
        f"{_number(result.checked_count)}"
        + (f" – {escape('; '.join(result.sample))}" if result.sample else "")
        + "</li>"
        for result in failed
    )
    return f"<ul>{items}</ul>" if items else ""
