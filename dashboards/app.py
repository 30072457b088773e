"""The dashboard: opens the published build, lets the reader choose an authority, routes to a page.

Run with ``streamlit run dashboards/app.py``; the data root is ``CCHC_DATA`` or the project's ``data/``.
"""

from __future__ import annotations

import streamlit as st

from dagster_project.publishing.official import official_line
from dagster_project.settings import Settings, load_settings
from dashboards import components, data_access, labels, state
from dashboards.app_pages import (
    dossier,
    overview,
    process,
    quality,
    rankings,
    ratings,
    reconciliation,
    satisfaction,
    score_comparison,
    score_explanation,
    timeliness,
    unit,
)

APP_NAME = "Kho dữ liệu cải cách hành chính"


def main() -> None:
    """Draw the page the reader asked for."""
    st.set_page_config(page_title=APP_NAME, layout="wide")
    components.load_style()
    settings = load_settings()
    try:
        build = data_access.open_current_build(settings)
    except data_access.BuildMissingError:
        _say_no_build(str(settings.root))
        return
    except data_access.BuildBrokenError as error:
        _say_broken_build(str(error))
        return
    view = _choose_view(build, settings)
    pages = [
        st.Page(lambda: overview.render(view), title="Tổng quan", url_path="tong-quan", default=True),
        st.Page(lambda: timeliness.render(view), title="Đúng hạn", url_path="dung-han"),
        st.Page(lambda: rankings.render(view), title="Xếp hạng đơn vị", url_path="xep-hang"),
        st.Page(lambda: score_explanation.render(view), title="Giải thích điểm", url_path="giai-thich-diem"),
        st.Page(lambda: score_comparison.render(view), title="So sánh điểm", url_path="so-sanh-diem"),
        st.Page(lambda: satisfaction.render(view), title="Hài lòng (SIPAS)", url_path="hai-long"),
        st.Page(lambda: ratings.render(view), title=ratings.TITLE, url_path="danh-gia"),
        st.Page(lambda: unit.render(view), title="Đơn vị", url_path="don-vi"),
        st.Page(lambda: process.render(view), title="Quy trình", url_path="quy-trinh"),
        st.Page(lambda: dossier.render(view), title="Hồ sơ", url_path="ho-so"),
        st.Page(lambda: reconciliation.render(view), title="Đối soát", url_path="doi-soat"),
        st.Page(lambda: quality.render(view), title="Chất lượng dữ liệu", url_path="chat-luong"),
    ]
    page = st.navigation(pages)
    state.arrive(page.url_path, view.authority_code)
    page.run()


def _choose_view(build: data_access.Build, settings: Settings) -> state.View:
    """The sidebar: authority switch, as-of date, build id and its signature."""
    rows = {row["authority_code"]: row for row in data_access.authorities(build)}
    with st.sidebar:
        codes = list(rows)
        code = state.pick("Địa phương", codes, "authority", codes[0], lambda c: rows[c]["authority_name"])
        row = rows[code]
        signature = components.text(official_line(settings, build.build_id, is_verified=True) or "")
        badge = f'<p><span class="badge">{labels.SYNTHETIC_BADGE}</span></p>' if row["is_synthetic"] else ""
        components.show(
            f'{badge}<div class="side-meta">Số liệu chốt đến ngày<br>'
            f"<b>{labels.format_date(build.as_of_date)}</b>"
            f"<br><br>Bản dựng<br><b>{build.build_id}</b>"
            f"<br>Phần mềm {build.code_version}{f'<br><br>{signature}' if signature else ''}</div>"
        )
    return state.View(build, code, row["authority_name"], bool(row["is_synthetic"]), row["dossier_count"] > 0)


def _say_no_build(root: str) -> None:
    st.title("Chưa có số liệu được công bố")
    st.markdown(
        "Thư mục dữ liệu đang dùng:\n\n"
        f"`{root}`\n\n"
        "Kho chưa công bố bản dựng nào ở đây. Hãy nạp tệp và dựng kho, rồi tải lại trang này:\n\n"
        "```\ncchc load TỆP…\ncchc build\n```\n\n"
        "Muốn xem thử với tỉnh mẫu: `make run`."
    )


def _say_broken_build(reason: str) -> None:
    st.title("Không mở được bản dựng đã công bố")
    st.markdown(f"{reason}\n\nSố liệu không khớp với bản kê nên không được hiển thị. Sửa xong hãy tải lại trang này.")


main()
