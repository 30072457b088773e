"""The command `cchc`. Parses and prints; the work is in `commands` and the packages below.

Nothing heavy is imported at the top: `cchc --help` must answer at once.
"""

from __future__ import annotations

import gc
import os
import re
import sys
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

if TYPE_CHECKING:
    from dagster_project.commands import LoadSummary
    from dagster_project.publishing.builds import PublishedBuild

from dagster_project.console import Console, vi_count, vi_moment
from dagster_project.landing.deliveries import LedgerError
from dagster_project.landing.errors import LandingError
from dagster_project.publishing.errors import BuildError
from dagster_project.settings import PROJECT_ROOT, DataRootError, Settings, load_settings
from dagster_project.surveying.cli import app as survey_app
from dagster_project.surveying.errors import SurveyError
from dagster_project.vault.cli import app as vault_app

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="Kho dữ liệu cải cách hành chính: nạp tệp, dựng chỉ số, công bố, xem bảng xếp hạng.",
)


layout_app = typer.Typer(no_args_is_help=True, help="Bố cục của một kiểu tệp mới.")
app.add_typer(layout_app, name="layout")
explain_app = typer.Typer(no_args_is_help=True, help="Vì sao có kết quả này.")
app.add_typer(explain_app, name="explain")
builds_app = typer.Typer(help="Các bản dựng đã công bố.")
app.add_typer(builds_app, name="builds")
app.add_typer(survey_app, name="survey")
app.add_typer(vault_app, name="vault")


def main() -> None:
    """Run the command line; what a person can mend ends with one sentence and exit code 1, never a traceback."""
    rarely_collect_garbage()
    try:
        app()
    except (BuildError, DataRootError, LandingError, LedgerError, SurveyError) as error:
        typer.echo(str(error), err=True)
        sys.exit(1)
    except OSError as error:
        typer.echo(f"Không đọc hoặc ghi được «{error.filename}»: {error.strerror}.", err=True)
        sys.exit(1)
    finally:
        # After a build the interpreter would go two seconds through objects that the end of the process frees anyway.
        gc.freeze()
        gc.disable()


def rarely_collect_garbage() -> None:
    """Look for garbage seldom: dbt and Dagster make a million objects that stay, and Python's own thresholds look
    through them so often that it took a tenth of a build. The memory of a build stays what it was.
    """
    gc.set_threshold(50_000, 20, 20)


class Format(StrEnum):
    """How `cchc query` prints."""

    table = "table"
    csv = "csv"
    json = "json"


class Side(StrEnum):
    """Which dossiers behind a figure `cchc explain score` lists, by the side of the fraction that they stand on."""

    rest = "rest"
    numerator = "numerator"
    excluded = "excluded"


AsOf = Annotated[
    datetime | None,
    typer.Option(
        "--as-of",
        formats=["%Y-%m-%d", "%d/%m/%Y"],
        help="Ngày chốt số liệu; mặc định là ngày cuối cùng có số liệu.",
    ),
]
ReceivedBy = Annotated[
    datetime | None,
    typer.Option(formats=["%Y-%m-%d", "%d/%m/%Y"], help="Chỉ dùng các tệp đã nạp đến hết ngày này."),
]
Given = Annotated[
    list[str] | None,
    typer.Option("--set", help="Giá trị mà tệp không ghi, dạng cột=giá trị (unit_code=H99.01); dùng được nhiều lần."),
]
Port = Annotated[int, typer.Option(help="Cổng trên 127.0.0.1.")]


@app.command()
def demo(
    dossiers: Annotated[int, typer.Option(help="Số hồ sơ.", min=1000)] = 200_000,
    months: Annotated[int, typer.Option(help="Số tháng.", min=2, max=84)] = 24,
    seed: Annotated[int, typer.Option(help="Hạt giống: cùng tham số thì cùng tệp, giống từng byte.")] = 7,
    out: Annotated[Path | None, typer.Option(help="Thư mục ghi ra; mặc định là hộp thư nạp tệp.")] = None,
) -> None:
    """Viết các tệp kết xuất của một tỉnh tưởng tượng (Tỉnh Mẫu, H99)."""
    _write_demo(load_settings(), Console(), dossiers=dossiers, months=months, seed=seed, out=out)


@app.command()
def load(
    files: Annotated[list[Path], typer.Argument(help="Tệp hoặc thư mục.", show_default=False)],
    layout: Annotated[str | None, typer.Option(help="Bắt buộc dùng bố cục có mã này.")] = None,
    given: Given = None,
) -> None:
    """Nạp tệp vào vùng đệm. Tệp đã nạp thì bỏ qua; tệp bị từ chối thì nói rõ vì sao."""
    from dagster_project.commands import given_values, load_files

    console = Console()
    summary = load_files(files, load_settings(), console, layout=layout, given=given_values(given))
    typer.echo(
        f"{vi_count(summary.file_count)} tệp: nạp mới {vi_count(summary.landed_count)}, "
        f"đã có {vi_count(summary.already_landed_count)}, từ chối {vi_count(len(summary.refused))}. "
        f"Số dòng: đọc {vi_count(summary.rows_read)}, nhận {vi_count(summary.rows_accepted)}, "
        f"loại {vi_count(summary.rows_rejected)}."
        + (f" Không đọc, vì không có bố cục nào hợp: {'; '.join(summary.unread)}." if summary.unread else "")
    )
    if summary.refused:
        raise typer.Exit(code=1)


@app.command()
def sniff(
    file: Annotated[Path, typer.Argument(help="Tệp bất kỳ; không nạp gì.", show_default=False)],
    layout: Annotated[str | None, typer.Option(help="Chỉ thử bố cục có mã này.")] = None,
    draft: Annotated[Path | None, typer.Option(help="Thử bố cục trong tệp YAML này.")] = None,
    given: Given = None,
) -> None:
    """Xem máy hiểu một tệp thế nào: bảng, tiêu đề, cột nào thành cột nào, vài dòng đầu, điều còn ngờ."""
    from dagster_project.commands import given_values, sniffed

    typer.echo(sniffed(file, load_settings(), layout=layout, draft=draft, given=given_values(given)))


@app.command(name="layouts")
def list_layouts() -> None:
    """Liệt kê các bố cục: mỗi bố cục là một kiểu tệp kết xuất mà kho đọc được; sau cùng là bố cục không dùng được."""
    from dagster_project.landing.layouts import known_layouts, own_layouts

    folder = load_settings().layouts
    for known in known_layouts(folder).values():
        typer.echo(f"{known.layout:<42}{known.source:<34}{known.title}")
    for path, error in own_layouts(folder)[1].items():
        typer.echo(f"{path.name:<42}{'KHÔNG DÙNG ĐƯỢC':<34}{error}")


@layout_app.command()
def new(
    file: Annotated[Path, typer.Argument(help="Một tệp mẫu của kiểu mới.", show_default=False)],
    code: Annotated[str, typer.Option(help="Mã của bố cục mới: chữ thường, số, gạch dưới.")],
    source: Annotated[str | None, typer.Option(help="Mã nguồn mà tệp này cấp; bỏ trống thì máy đoán.")] = None,
    out: Annotated[Path | None, typer.Option(help="Tệp ghi ra; mặc định là <mã>.yml.")] = None,
) -> None:
    """Viết bản nháp bố cục cho một kiểu tệp mới, để người sửa; không cần lập trình."""
    from dagster_project.commands import write_layout_draft

    typer.echo(write_layout_draft(file, load_settings(), code=code, source=source, out=out))


@app.command()
def rejected(
    file_name: Annotated[str | None, typer.Argument(help="Tên tệp đã nạp; bỏ trống là mọi tệp.")] = None,
    format: Annotated[Format, typer.Option(help="Dạng kết quả.")] = Format.table,
) -> None:
    """Xem các dòng bị loại: dòng nào, cột nào, vì sao, giá trị gì."""
    from dagster_project.commands import format_rows, rejected_rows

    names, rows = rejected_rows(load_settings(), file_name)
    is_empty = not rows and format is Format.table
    typer.echo("Không có dòng nào bị loại." if is_empty else format_rows(names, rows, format.value))


@app.command()
def sources(
    source: Annotated[str | None, typer.Argument(help="Mã nguồn, để xem các cột của nó.")] = None,
    markdown: Annotated[bool, typer.Option(help="In trang tài liệu đầy đủ (docs/sources.md).")] = False,
) -> None:
    """Liệt kê các nguồn số liệu, hoặc các cột của một nguồn; mỗi nguồn có một mẫu do «cchc template» viết."""
    from dagster_project.commands import source_columns
    from dagster_project.landing.contract_docs import sources_page
    from dagster_project.landing.contracts import load_contracts

    if markdown:
        typer.echo(sources_page(), nl=False)
        return
    if source:
        typer.echo(source_columns(source))
        return
    for contract in load_contracts().values():
        typer.echo(f"{contract.source:<34}{len(contract.columns):>3} cột  {contract.title}")


@app.command()
def template(
    source: Annotated[str, typer.Argument(help="Mã nguồn, xem «cchc sources».", show_default=False)],
    out: Annotated[Path | None, typer.Option(help="Tệp ghi ra; mặc định là mau_<nguồn>.xlsx.")] = None,
) -> None:
    """Viết sổ tính mẫu để đơn vị điền rồi gửi lại: có chú thích, danh sách chọn, định dạng sẵn."""
    from dagster_project.commands import write_source_template

    typer.echo(f"Đã viết {write_source_template(source, out)}")


@app.command()
def build(as_of: AsOf = None, received_by: ReceivedBy = None) -> None:
    """Dựng chỉ số từ mọi tệp đã nạp (kể cả hộp thư), kiểm tra, công bố."""
    settings, console = load_settings(), Console()
    summary = _load_inbox(settings, console)
    _build(settings, console, _day(as_of), _day(received_by))
    if summary.refused:
        raise typer.Exit(code=1)


@builds_app.callback(invoke_without_command=True)
def builds(context: typer.Context) -> None:
    """Liệt kê các bản dựng đã công bố; dấu * là bản đang phục vụ, dòng dưới là chữ ký của bản chính thức."""
    from dagster_project.publishing.builds import current_build_id, list_builds
    from dagster_project.publishing.methods_book import BOOK_FILE
    from dagster_project.publishing.official import official_line, unlisted_lines

    if context.invoked_subcommand:
        return
    settings = load_settings()
    found = list_builds(settings)
    unlisted = unlisted_lines(settings, {item.build_id for item in found})
    if not found and not unlisted:
        raise BuildError("Chưa có bản dựng nào. Hãy chạy «cchc build» trước.")
    served = current_build_id(settings)
    for item in found:
        mark = "*" if item.build_id == served else " "
        typer.echo(
            f"{mark} {item.build_id}  chốt {item.as_of_date:%d/%m/%Y}  công bố {vi_moment(item.published_at)}  "
            f"{len(item.manifest['deliveries'])} lần nạp  {vi_count(item.row_count)} dòng"
        )
        line = official_line(settings, item.build_id)
        if line:
            typer.echo(f"    {line}")
    for line in unlisted:
        typer.echo(line)
    if served:
        typer.echo(f"Sổ tay phương pháp của bản đang phục vụ: {settings.published / served / BOOK_FILE}")


@builds_app.command()
def diff(
    before: Annotated[
        str, typer.Argument(help="Bản trước: mã hay phần đầu của mã, CURRENT, official.", show_default=False)
    ],
    after: Annotated[str, typer.Argument(help="Bản sau, ghi như bản trước.", show_default=False)],
    limit: Annotated[int, typer.Option(help="Số dòng nhiều nhất; 0 là tất cả.", min=0)] = 50,
    everything: Annotated[
        bool, typer.Option("--all", help="Kể cả đơn vị giữ hạng nhưng đổi giá trị, trạng thái hoặc loại.")
    ] = False,
    format: Annotated[Format, typer.Option(help="Dạng kết quả.")] = Format.table,
) -> None:
    """So hai bản dựng: đơn vị nào đổi hạng và vì sao; thay đổi lớn nhất ở trên."""
    from dagster_project.commands import compared_builds

    typer.echo(
        compared_builds(before, after, load_settings(), limit=limit, is_everything=everything, style=format.value)
    )


@app.command()
def publish(
    build: Annotated[str, typer.Argument(help="Bản dựng: mã hay phần đầu của mã, hoặc CURRENT.", show_default=False)],
    note: Annotated[str, typer.Option(help="Nội dung công bố, thí dụ «Xếp hạng CCHC 6 tháng đầu năm 2026».")],
    signed_by: Annotated[str, typer.Option(help="Cơ quan hoặc chức danh ký.")],
) -> None:
    """Ký một bản dựng làm bản công bố chính thức; không ký lại với nội dung khác được, không xóa bản đã ký trước."""
    from dagster_project.commands import sign_build

    typer.echo(sign_build(build, load_settings(), note=note, signed_by=signed_by))


@app.command()
def query(
    sql: Annotated[str, typer.Argument(help="Một câu lệnh SELECT trên các bảng công bố.")],
    format: Annotated[
        Format,
        typer.Option(
            help="Dạng kết quả. csv giữ nguyên giá trị cho máy đọc: chữ bắt đầu bằng = + - @ không được chặn; "
            "mở bằng Excel thì nhập các cột dạng văn bản."
        ),
    ] = Format.table,
) -> None:
    """Hỏi các bảng của bản dựng đang phục vụ bằng SQL."""
    from dagster_project.commands import format_rows
    from dagster_project.commands import query as run_query

    settings = load_settings()
    names, rows = run_query(sql, settings)
    _warn_of_changes(settings)
    typer.echo(format_rows(names, rows, format.value))


@explain_app.command("dossier")
def explain_dossier(
    code: Annotated[str, typer.Argument(help="Mã hồ sơ.")],
    authority: Annotated[str | None, typer.Option(help="Mã địa phương, khi nhiều nơi có cùng mã hồ sơ.")] = None,
) -> None:
    """Kể lại một hồ sơ: diễn biến, kết luận theo từng cách tính, và vì sao khác nhau."""
    from dagster_project.commands import explained_dossier

    settings = load_settings()
    told = explained_dossier(code, authority, settings)
    _warn_of_changes(settings)
    typer.echo(told)


@explain_app.command("score")
def explain_score(
    unit: Annotated[str, typer.Argument(help="Mã đơn vị.")],
    criterion: Annotated[str | None, typer.Argument(help="Mã tiêu chí; bỏ trống là tổng điểm.")] = None,
    period: Annotated[
        str | None, typer.Option(help="Mã kỳ, ví dụ 2026-H1; bắt buộc khi đơn vị có điểm ở nhiều kỳ.")
    ] = None,
    regulation: Annotated[
        str | None, typer.Option(help="Mã quy định, khi đơn vị được chấm theo nhiều quy định.")
    ] = None,
    authority: Annotated[str | None, typer.Option(help="Mã địa phương, khi nhiều nơi có cùng mã đơn vị.")] = None,
    if_more: Annotated[int | None, typer.Option(help="Mô phỏng: tử số thêm chừng này.", min=1)] = None,
    if_rate: Annotated[
        str | None, typer.Option(help="Mô phỏng: tỷ lệ đạt chừng này phần trăm, ví dụ 98 hoặc 98,5.")
    ] = None,
    list_: Annotated[
        Side | None,
        typer.Option(
            "--list",
            help="Hồ sơ nào: rest (ở mẫu số mà không ở tử số), numerator (ở tử số), excluded (không tính).",
        ),
    ] = None,
    limit: Annotated[int | None, typer.Option(help="Số hồ sơ nhiều nhất, mặc định 20; 0 là tất cả.", min=0)] = None,
) -> None:
    """Vì sao có điểm này: điểm, quy tắc, tử số và mẫu số, các dòng phía sau; hoặc mô phỏng «nếu… thì»."""
    from dagster_project.commands import explained_score

    settings = load_settings()
    told = explained_score(
        unit,
        criterion,
        settings,
        period_code=period,
        regulation_code=regulation,
        authority_code=authority,
        more=if_more,
        percent=_percent(if_rate),
        side=list_.value if list_ else None,
        limit=limit,
    )
    _warn_of_changes(settings)
    typer.echo(told)


def _warn_of_changes(settings: Settings) -> None:
    """On stderr, so that a result that goes into a file stays what it is."""
    from dagster_project.publishing.official import served_warning

    warning = served_warning(settings)
    if warning:
        typer.echo(warning, err=True)


@app.command()
def dashboard(port: Port = 8501) -> None:
    """Mở bảng điều khiển trên 127.0.0.1."""
    _serve(port)


@app.command()
def run(
    port: Port = 8501, serve: Annotated[bool, typer.Option(help="Mở bảng điều khiển sau khi dựng.")] = True
) -> None:
    """Tất cả trong một lần: tỉnh mẫu, tệp thật đi kèm, nạp, dựng, công bố, mở bảng điều khiển."""
    from dagster_project.commands import real_files

    settings, console = load_settings(), Console()
    _write_demo(settings, console)
    summary = _load_inbox(settings, console, real_files())
    published = _build(settings, console, None, None)
    typer.echo(_run_summary(console, published, summary, port))
    if serve:
        _serve(port)


@app.command()
def dagster(port: Port = 3000) -> None:
    """Mở giao diện của Dagster trên cùng các tài sản dữ liệu."""
    from dagster_project.commands import prepare_dagster_home

    prepare_dagster_home(load_settings())
    program = Path(sys.executable).with_name("dagster")
    os.chdir(PROJECT_ROOT)
    os.execv(  # noqa: S606
        program,
        [str(program), "dev", "-m", "dagster_project.definitions", "-h", "127.0.0.1", "-p", str(port)],
    )


@app.command()
def docs() -> None:
    """Viết tài liệu: mô hình (dbt docs) và kết quả kiểm tra hai đầu (data docs)."""
    from dagster_project.documentation import write_documentation

    for page in write_documentation(load_settings()):
        typer.echo(page)


@app.command()
def deliveries(
    source: Annotated[str | None, typer.Option(help="Chỉ nguồn này, xem «cchc sources».")] = None,
    authority: Annotated[str | None, typer.Option(help="Chỉ địa phương có mã này.")] = None,
    since: Annotated[
        datetime | None,
        typer.Option(formats=["%Y-%m-%d", "%d/%m/%Y"], help="Chỉ tệp nạp (với --gaps: ngày làm việc) từ ngày này."),
    ] = None,
    gaps: Annotated[bool, typer.Option("--gaps", help="Liệt kê ngày làm việc không tiếp nhận hồ sơ nào.")] = False,
    refused: Annotated[bool, typer.Option("--refused", help="Chỉ liệt kê tệp bị từ chối, chưa nạp lại được.")] = False,
    format: Annotated[Format, typer.Option(help="Dạng kết quả.")] = Format.table,
) -> None:
    """Sổ các lần nạp: ai gửi gì, kỳ nào, nạp lúc nào, kết quả ra sao; sau cùng là tệp bị từ chối."""
    from dagster_project.commands import format_rows
    from dagster_project.landing.ledger import gap_rows, ledger_rows, refusal_rows

    settings = load_settings()
    not_landed = refusal_rows(settings, since=_day(since))
    if refused:
        is_empty = not not_landed[1] and format is Format.table
        typer.echo("Không có tệp nào bị từ chối." if is_empty else format_rows(*not_landed, format.value))
        return
    rows_of = gap_rows if gaps else ledger_rows
    names, rows = rows_of(settings, source=source, authority=authority, since=_day(since))
    typer.echo(format_rows(names, rows, format.value))
    # One table is all that CSV and JSON hold, and nobody knows whose data a refused file has.
    if not_landed[1] and format is Format.table and not (gaps or source or authority):
        typer.echo(f"\nTệp bị từ chối, chưa nạp lại được:\n{format_rows(*not_landed, format.value)}")


@app.command("return")
def give_back(
    delivery: Annotated[
        str, typer.Argument(help="Mã lần nạp (hoặc phần đầu), hay tên tệp đã nạp.", show_default=False)
    ],
    file: Annotated[Path | None, typer.Option(help="Tệp gốc đã nạp; mặc định tìm trong hộp thư nạp tệp.")] = None,
    out: Annotated[Path | None, typer.Option(help="Tệp ghi ra; mặc định là tra_lai_<tên tệp>_<mã>.xlsx.")] = None,
) -> None:
    """Viết sổ trả lại đơn vị: các dòng bị loại hoặc cần xem lại, ô sai tô màu, lý do bên cạnh."""
    from dagster_project.landing.returns import return_delivery

    done = return_delivery(load_settings(), delivery, original=file, out=out)
    found = f"{vi_count(done.row_count)} dòng cần sửa" if done.row_count else "không có dòng nào cần sửa"
    missing = "" if done.has_original or not done.row_count else "; không tìm thấy tệp gốc, hãy dùng --file"
    typer.echo(f"Đã viết {done.path}: {found}{missing}.")


def _run_summary(console: Console, published: PublishedBuild, summary: LoadSummary, port: int) -> str:
    deliveries, new, refused = (
        vi_count(count) for count in (len(published.manifest["deliveries"]), summary.landed_count, len(summary.refused))
    )
    read, accepted, rejected = (
        vi_count(count) for count in (summary.rows_read, summary.rows_accepted, summary.rows_rejected)
    )
    return (
        f"\nXong sau {console.elapsed:.0f} giây.\n"
        f"  Tệp đã nạp     {deliveries} (lần này nạp mới {new}, từ chối {refused})\n"
        f"  Số dòng        đọc {read}, nhận {accepted}, loại {rejected}\n"
        f"  Bản dựng       {published.build_id}, số liệu chốt đến hết ngày {published.as_of_date:%d/%m/%Y}\n"
        f"  Mở             http://127.0.0.1:{port}"
    )


def _write_demo(settings: Settings, console: Console, **parameters) -> None:
    from dagster_project.commands import DEMO_FOLDER
    from dagster_project.demo.generate import generate_demo

    out = parameters.pop("out", None) or settings.inbox / DEMO_FOLDER
    console.say("Viết tệp của Tỉnh Mẫu (dữ liệu giả lập, không có thật)…")
    generate_demo(out, **parameters)
    console.say(f"Tệp của Tỉnh Mẫu ở {out}")


def _load_inbox(settings: Settings, console: Console, extra: list[Path] | None = None):
    from dagster_project.commands import load_files

    settings.inbox.mkdir(parents=True, exist_ok=True)
    console.say("Nạp tệp…")
    return load_files([settings.inbox, settings.reference, *(extra or [])], settings, console)


def _build(settings: Settings, console: Console, as_of: date | None, received_by: date | None):
    from dagster_project.commands import build as run_build
    from dagster_project.commands import faulty_regulations

    published = run_build(settings, console.say, as_of=as_of, received_by=received_by)
    console.say(
        f"Đang phục vụ bản dựng {published.build_id}, chốt đến hết ngày {published.as_of_date:%d/%m/%Y}, "
        f"{vi_count(published.row_count)} dòng."
    )
    for sentence in faulty_regulations(settings):
        console.say(sentence)
    return published


def _serve(port: int) -> NoReturn:
    os.chdir(PROJECT_ROOT)
    arguments = [sys.executable, "-m", "streamlit", "run", "dashboards/app.py"]
    arguments += ["--server.address", "127.0.0.1", "--server.port", str(port)]
    os.execv(sys.executable, arguments)  # noqa: S606


def _percent(text: str | None) -> Decimal | None:
    """A percentage as a person writes it: 98, 98,5, 98.5 or 98 %."""
    if text is None:
        return None
    if not re.fullmatch(r"\d{1,3}([.,]\d+)?", text.removesuffix("%").strip()):
        raise BuildError(f"«{text}» không phải một tỷ lệ phần trăm, ví dụ 98 hoặc 98,5.")
    return Decimal(text.removesuffix("%").strip().replace(",", "."))


def _day(moment: datetime | None) -> date | None:
    return moment.date() if moment else None


if __name__ == "__main__":
    main()
