"""`cchc vault`: what an administrator does with the identity vault. Parses and prints; the work is beside it.

Nothing heavy is imported at the top: `cchc --help` must answer at once.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from dagster_project.console import Console, vi_count, vi_moment
from dagster_project.landing.deliveries import LedgerError
from dagster_project.settings import DataRootError, Settings, load_settings
from dagster_project.surveying.errors import SurveyError
from dagster_project.vault.errors import VaultError

if TYPE_CHECKING:
    from dagster_project.vault.store import Vault

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="Kho định danh: tình trạng, đổi khóa, xuất danh sách liên hệ.",
)

PassphraseFile = Annotated[
    Path | None,
    typer.Option(
        help="Tệp có mật khẩu ở dòng đầu, chỉ mình đọc được (chmod 600); không có thì hỏi.", show_default=False
    ),
]


@app.command()
def status(check: Annotated[bool, typer.Option(help="Mở thử từng dòng của mọi tệp.")] = False) -> None:
    """Tệp khóa nào, bao nhiêu lần nạp và dòng trong kho, tệp nào còn dùng khóa cũ, nhật ký có nguyên vẹn không."""
    from dagster_project.vault.export_log import read_log
    from dagster_project.vault.keys import key_file_path
    from dagster_project.vault.store import is_begun, open_vault

    with _told():
        settings = load_settings()
        if not is_begun(settings):
            typer.echo(f"Chưa có kho định danh. Kho và tệp khóa «{key_file_path()}» được tạo khi nạp lần đầu.")
            return
        vault = open_vault(settings)
        exports = read_log(vault)
        rows, problems = _counted(vault, check)
        current = vault.keys.current
        typer.echo(
            f"Kho định danh   {vault.folder}\n"
            f"Tệp khóa        {vault.keys.path} (hãy giữ bản sao ở nơi an toàn)\n"
            f"Khóa đang dùng  {current.key_id}, tạo lúc {vi_moment(current.created_at)}; "
            f"khóa cũ còn giữ: {len(vault.keys.encryption_keys) - 1}\n"
            f"Lần nạp         {vi_count(len(vault.delivery_ids()))}, {vi_count(rows)} dòng"
            f"{', đã mở thử tất cả' if check else ''}; còn dùng khóa cũ: {vi_count(vault.stale_count())}\n"
            f"Lần xuất        {vi_count(len(exports))}, nhật ký nguyên vẹn"
        )
        _end_with(problems)


@app.command()
def rotate() -> None:
    """Tạo khóa mã hóa mới và mã hóa lại mọi tệp; lần trước bị ngắt giữa chừng thì làm nốt. Mã băm không đổi."""
    from dagster_project.vault.store import open_vault

    with _told():
        console = Console()
        vault = open_vault(load_settings())
        result = vault.rotate(lambda done, total: console.progress(done, total, "đổi khóa"))
        done = f"{vi_count(result.rewritten_count)}/{vi_count(result.file_count)} tệp chuyển sang khóa {result.key_id}."
        typer.echo(f"Làm nốt lần đổi khóa trước: {done}" if result.is_resumed else f"Đã đổi khóa: {done}")
        typer.echo(f"Hãy sao lưu lại tệp khóa «{vault.keys.path}».")
        _end_with(list(result.problems))


@app.command()
def export_frame(
    out: Annotated[Path, typer.Option(help="Tệp mã hóa ghi ra.")],
    who: Annotated[str, typer.Option(help="Họ tên, đơn vị người nhận danh sách.")],
    why: Annotated[str, typer.Option("--why", "--reason", help="Lấy để làm gì.")],
    rows: Annotated[
        Path | None,
        typer.Argument(help="Danh sách CSV: delivery_id, source_row_number và các cột kèm theo.", show_default=False),
    ] = None,
    sample: Annotated[
        Path | None,
        typer.Option(help="Thay cho danh sách: tệp mẫu «…_mau.csv» do «cchc survey plan» viết.", show_default=False),
    ] = None,
    wave: Annotated[
        str | None, typer.Option(help="Chỉ đợt này của tệp mẫu; bắt buộc khi tệp có nhiều đợt.", show_default=False)
    ] = None,
    passphrase_file: PassphraseFile = None,
) -> None:
    """Xuất thông tin liên hệ của một danh sách hồ sơ vào tệp có mật khẩu; mỗi lần xuất ghi một dòng nhật ký."""
    from dagster_project.vault.export import export_frame as export
    from dagster_project.vault.store import open_vault

    with _told():
        settings = load_settings()
        listed = _listed(settings, rows, sample, wave)
        passphrase = _passphrase(passphrase_file, confirm=True)
        result = export(open_vault(settings), listed, out, passphrase, who=who, why=why)
        typer.echo(
            f"Đã xuất {vi_count(result.row_count)} dòng vào «{out}», trong đó {vi_count(result.missing_count)} dòng "
            "không có trong kho. Mở bằng «cchc vault open-frame»."
        )


@app.command()
def open_frame(
    file: Annotated[Path, typer.Argument(help="Tệp do «cchc vault export-frame» xuất ra.")],
    out: Annotated[Path, typer.Option(help="Tệp Excel ghi ra, ngoài thư mục dữ liệu.")],
    passphrase_file: PassphraseFile = None,
) -> None:
    """Mở tệp danh sách liên hệ thành tệp Excel."""
    from dagster_project.vault.export import open_frame as open_it

    with _told():
        open_it(file, out, _passphrase(passphrase_file, confirm=False), load_settings().root)
        typer.echo(f"Đã mở vào «{out}». Tệp này không mã hóa: dùng xong hãy xóa.")


def _listed(settings: Settings, rows: Path | None, sample: Path | None, wave: str | None) -> list[dict[str, str]]:
    """The rows to export, of a list or of a drawn sample."""
    from dagster_project.surveying.sample import read_sample, vault_rows
    from dagster_project.vault.export import read_list

    if (rows is None) == (sample is None):
        raise VaultError("Hãy nêu đúng một trong hai: tệp danh sách, hoặc tệp mẫu bằng --sample.")
    if rows is not None:
        if wave is not None:
            raise VaultError("--wave chỉ dùng cùng --sample.")
        return read_list(rows)
    return vault_rows(settings, read_sample(sample, wave))


@contextmanager
def _told() -> Iterator[None]:
    try:
        yield
    except (DataRootError, LedgerError, SurveyError, VaultError) as error:
        typer.echo(str(error), err=True)
        sys.exit(1)
    except OSError as error:
        typer.echo(f"Không đọc hoặc ghi được «{error.filename}»: {error.strerror}.", err=True)
        sys.exit(1)


def _end_with(problems: list[str]) -> None:
    for problem in problems:
        typer.echo(problem, err=True)
    if problems:
        raise typer.Exit(code=1)


def _counted(vault: Vault, check: bool) -> tuple[int, list[str]]:
    from dagster_project.vault.sealed_file import count_rows

    rows, problems = 0, []
    for delivery_id in vault.delivery_ids():
        try:
            rows += vault.check(delivery_id) if check else count_rows(vault.path(delivery_id))
        except VaultError as error:
            problems.append(str(error))
    return rows, problems


def _passphrase(path: Path | None, *, confirm: bool) -> str:
    from dagster_project.vault.private_files import is_private

    if path is None:
        return typer.prompt("Mật khẩu", hide_input=True, confirmation_prompt=confirm)
    if not path.is_file():
        raise VaultError(f"Không tìm thấy tệp mật khẩu «{path}».")
    if not is_private(path):
        raise VaultError(f"Tệp mật khẩu «{path}» đang mở cho người khác. Hãy chạy «chmod 600 {path}».")
    lines = path.read_text(encoding="utf-8").splitlines()
    return lines[0].strip() if lines else ""
