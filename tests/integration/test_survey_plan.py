"""From landed dossiers to a drawn sample, its contacts out of the vault, and the ballots that come back."""

from __future__ import annotations

import csv
import json
import re
import subprocess
from collections import Counter
from itertools import pairwise
from pathlib import Path

import fastexcel
import pytest
from typer.testing import CliRunner

from dagster_project.cli import app
from dagster_project.demo.generate import generate_demo
from dagster_project.landing.deliveries import list_deliveries
from dagster_project.landing.load import land_paths
from dagster_project.settings import Settings, load_settings

HEADER = [
    "authority_code", "dossier_code", "resolving_unit_code", "received_at", "returned_at", "status_code",
    "channel_code", "applicant_name", "applicant_phone", "applicant_id_number",
]  # fmt: skip
PASSPHRASE = "mật khẩu rất dài 2026"
ASK = ("--instrument", "five_factor_22", "--wave", "KS-2026", "--seed", "1")


@pytest.fixture(scope="module")
def demo(tmp_path_factory) -> tuple[Path, Path]:
    """A data root with the demo's dossiers, to which contacts of 2,000 people are added, and its key file."""
    folder = tmp_path_factory.mktemp("survey_demo")
    written = generate_demo(folder / "demo", dossiers=4000, months=2, seed=5)
    for path in sorted((written.out / "ho_so").glob("*.csv")):
        add_people(path)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CCHC_KEY_FILE", str(folder / "keys" / "identity.key"))
        results = land_paths([written.out / "ho_so", written.out / "danh_muc"], Settings(root=folder / "data"))
    assert {result.status for result in results} == {"landed"}
    return folder / "data", folder / "keys" / "identity.key"


def add_people(path: Path) -> None:
    """Every third dossier of the same few people; every tenth person without a phone."""
    with path.open(encoding="utf-8-sig", newline="") as handle:
        header, *rows = csv.reader(handle)
    people = [int(row[0]) % 2000 if int(row[0]) % 3 else int(row[0]) % 30 for row in rows]
    with path.open("w", encoding="utf-8", newline="") as handle:
        writer = csv.writer(handle)
        writer.writerow([*header, "Họ và tên", "Điện thoại"])
        writer.writerows(
            [*row, f"Người {path.stem} {person}", f"0987{person:06}" if person % 10 else ""]
            for row, person in zip(rows, people, strict=True)
        )


@pytest.fixture
def on_demo(demo, monkeypatch) -> Settings:
    monkeypatch.setenv("CCHC_DATA", str(demo[0]))
    monkeypatch.setenv("CCHC_KEY_FILE", str(demo[1]))
    return load_settings()


@pytest.fixture
def settings(tmp_path, monkeypatch) -> Settings:
    monkeypatch.setenv("CCHC_KEY_FILE", str(tmp_path / "keys" / "identity.key"))
    monkeypatch.setenv("CCHC_DATA", str(tmp_path / "data"))
    return load_settings()


@pytest.fixture
def secret(tmp_path) -> Path:
    path = tmp_path / "secret"
    path.write_text(PASSPHRASE + "\n", encoding="utf-8")
    path.chmod(0o600)
    return path


def run(*words: object, code: int = 0) -> str:
    result = CliRunner().invoke(app, [str(word) for word in words])
    assert result.exit_code == code, result.output
    assert "Traceback" not in result.output
    return result.output


def table(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as handle:
        return list(csv.DictReader(handle, delimiter=";"))


def rewritten(path: Path, rows: list[dict[str, str]]) -> Path:
    with path.open("w", encoding="utf-8-sig", newline="") as handle:
        writer = csv.DictWriter(handle, rows[0], delimiter=";")
        writer.writeheader()
        writer.writerows(rows)
    return path


def sent(path: Path, *rows: list[str]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="") as handle:
        csv.writer(handle).writerows([HEADER, *rows])
    return path


def dossier(code: str, name: str = "", phone: str = "", id_number: str = "", **other: str) -> list[str]:
    known = {"authority_code": "H99", "resolving_unit_code": "H99.01", "received_at": "01/07/2026 08:00:00"}
    known |= {"returned_at": "10/07/2026 08:00:00", "status_code": "10", "channel_code": "online"}
    known |= {"dossier_code": code, "applicant_name": name, "applicant_phone": phone, "applicant_id_number": id_number}
    return [(known | other)[name] for name in HEADER]


def landed(settings: Settings, *paths: Path) -> None:
    results = land_paths(list(paths), settings)
    assert [result.status for result in results] == ["landed"] * len(paths), [result.message for result in results]


def drawn(out: Path) -> list[str]:
    return sorted(row["dossier_code"] for row in table(out / "KS-2026_mau.csv"))


# The whole way, on the demo province


def test_a_plan_of_the_demo_is_drawn_exported_opened_and_lands_again(on_demo, tmp_path, secret):
    units = "H99.05,H99.07,H99.01"
    out = tmp_path / "ks"
    asked = (*ASK, "--strata", "channel", "--margin", "10", "--minimum", "5", "--units", units, "--out", out)
    told = run("survey", "plan", *asked)
    sample, sizes = table(out / "KS-2026_mau.csv"), table(out / "KS-2026_ke_hoach.csv")
    assert {row["unit_code"] for row in sample} == set(units.split(","))
    check_sample(sample, sizes)
    counts = [sum(int(row[name]) for row in sizes) for name in ("Số người", "Mẫu", "Chọn cả dự phòng")]
    assert told.split("Tổng")[1].split()[:3] == [f"{count:,}".replace(",", ".") for count in counts]
    assert "cùng người với một hồ sơ mới hơn" in told and "không có điện thoại" in told

    frame, opened = tmp_path / "frame", tmp_path / "opened.xlsx"
    words = ("--sample", out / "KS-2026_mau.csv", "--who", "Trần A", "--reason", "khảo sát quý 3")
    assert f"Đã xuất {len(sample)} dòng" in run(
        "vault", "export-frame", *words, "--out", frame, "--passphrase-file", secret
    )
    assert frame.read_bytes()[:2] != b"PK" and "Người".encode() not in frame.read_bytes()
    run("vault", "open-frame", frame, "--out", opened, "--passphrase-file", secret)
    people = fastexcel.read_excel(opened).load_sheet(0, dtypes="string").to_arrow().to_pylist()
    assert [row["dossier_code"] for row in people] == [row["dossier_code"] for row in sample]
    assert all(row["Họ tên (applicant_name)"].startswith("Người ho_so") for row in people)
    assert all(row["Số điện thoại (applicant_phone)"].startswith("0987") for row in people)
    assert len({row["Họ tên (applicant_name)"] for row in people}) == len(people), "one ballot a person"
    log = [json.loads(line) for line in (on_demo.root / "vault" / "exports.jsonl").read_text("utf-8").splitlines()]
    assert (log[-1]["who"], log[-1]["why"], log[-1]["row_count"]) == ("Trần A", "khảo sát quý 3", len(sample))

    outside = Settings(root=tmp_path / "outside")
    for row in sample:
        row.update(result_code="answered", item_answers="F1.1=5;F1.2=4", answered_at="10/11/2026 08:20:00")
    wave = table(out / "KS-2026_dot.csv")
    wave[0].update(survey_owner_code="province", start_date="01/11/2026", end_date="30/11/2026")
    rewritten(out / "KS-2026_mau.csv", sample)
    rewritten(out / "KS-2026_dot.csv", wave)
    landed(outside, *(out / f"KS-2026_{name}.csv" for name in ("mau", "dot", "tong")))
    deliveries = {d.source_code: d for d in list_deliveries(outside)}
    assert {name: d.rows_accepted for name, d in deliveries.items()} == {
        "survey__ballots": len(sample), "survey__waves": 1, "survey__totals": len(sizes),
    }  # fmt: skip


def check_sample(sample: list[dict[str, str]], sizes: list[dict[str, str]]) -> None:
    assert len({row["dossier_code"] for row in sample}) == len({row["ballot_code"] for row in sample}) == len(sample)
    by_stratum = Counter(row["stratum_code"] for row in sample)
    for planned in sizes:
        rows = [row for row in sample if row["stratum_code"] == planned["Mã tầng"]]
        size = int(planned["Mẫu"])
        assert by_stratum[planned["Mã tầng"]] == int(planned["Chọn cả dự phòng"])
        assert [row["draw_order"] for row in rows] == [str(order) for order in range(1, len(rows) + 1)]
        assert [row["is_replacement"] for row in rows] == ["Không"] * size + ["Có"] * (len(rows) - size)
        assert [row["replacement_number"] for row in rows[size:]] == [str(n) for n in range(1, len(rows) - size + 1)]
        assert {row["stratum_total"] for row in rows} == {planned["Số người"]}
        weights = {float(row["base_weight"].replace(",", ".")) for row in rows}
        assert len(weights) == 1 and weights.pop() * size == pytest.approx(int(planned["Số người"]), abs=0.001)


def test_the_same_seed_draws_the_same_and_another_seed_others(on_demo, tmp_path):
    asked = ("--instrument", "five_factor_22", "--wave", "KS-2026", "--margin", "15", "--units", "H99.05")
    for folder, seed in (("one", 1), ("again", 1), ("other", 2)):
        run("survey", "plan", *asked, "--seed", seed, "--out", tmp_path / folder)
    names = [f"KS-2026_{name}.csv" for name in ("mau", "dot", "tong", "ke_hoach")]
    assert sorted(path.name for path in (tmp_path / "one").iterdir()) == sorted(names)
    assert all((tmp_path / "one" / name).read_bytes() == (tmp_path / "again" / name).read_bytes() for name in names)
    assert drawn(tmp_path / "one") != drawn(tmp_path / "other")


def test_no_identity_is_in_the_plan(on_demo, tmp_path):
    told = run("survey", "plan", *ASK, "--out", tmp_path / "ks")
    written = told + "".join(path.read_text("utf-8-sig") for path in (tmp_path / "ks").iterdir())
    assert "Người ho_so" not in written and not re.search("0987[0-9]{6}", written)
    assert not [name for name in table(tmp_path / "ks" / "KS-2026_mau.csv")[0] if "hash" in name]


# Who is in the list


def test_the_list_has_each_reachable_person_with_a_result_once(settings, tmp_path):
    first = sent(
        tmp_path / "sent" / "a.csv",
        dossier("again", "Bùi A", "0912345671", returned_at="05/07/2026 08:00:00"),
        dossier("newest", "BUI  A", "+84 912.345.671", returned_at="06/07/2026 08:00:00"),
        # One person over three rows: by the ID number, and by name and phone.
        dossier("chain-1", "Lê B", "0912345672", "025090012345", returned_at="01/07/2026 08:00:00"),
        dossier("chain-2", "Lê B", "0912345673", "025090012345", returned_at="02/07/2026 08:00:00"),
        dossier("chain-3", "Lê B", "0912345673", returned_at="03/07/2026 08:00:00"),
        # The oldest shows that the two newer ones are one person.
        dossier("bridge-1", "Hà K", "0912345681", "025090012346", returned_at="05/07/2026 08:00:00"),
        dossier("bridge-2", "Hà K", "0912345682", "025090012346", returned_at="08/07/2026 08:00:00"),
        dossier("bridge-3", "Hà K", "0912345681", returned_at="09/07/2026 08:00:00"),
        # The same phone under another name is another person, and so is the same placeholder as ID number.
        dossier("neighbour", "Lê C", "0912345673", "123456789"),
        dossier("namesake", "Lê D", "0912345674", "123456789"),
        dossier("no-phone", "Võ E"),
        dossier("wrong-phone", "Võ E", "0912"),
        dossier("no-name", "", "0912345675"),
        dossier("waiting", "Đỗ F", "0912345676", returned_at="", status_code="4"),
        dossier("withdrawn", "Đỗ G", "0912345677", status_code="7"),
        dossier("early", "Đỗ H", "0912345678", received_at="01/06/2026 08:00:00", returned_at="30/06/2026 16:00:00"),
        dossier("changed", "Đỗ I", "0912345679"),
    )
    landed(settings, first)
    landed(settings, sent(tmp_path / "sent" / "b.csv", dossier("changed", "Đỗ I", "")))
    told = run("survey", "plan", *ASK, "--from", "01/07/2026", "--to", "31/07/2026", "--out", tmp_path / "ks")
    assert drawn(tmp_path / "ks") == ["bridge-3", "chain-3", "namesake", "neighbour", "newest"]
    assert "17 hồ sơ đã nạp, 5 người để chọn" in told
    assert "từ 01/07/2026 đến hết 31/07/2026" in told
    assert [line.strip() for line in told.splitlines() if "Không vào danh sách" in line] == [
        "Không vào danh sách: 1 hồ sơ rút, từ chối hoặc dừng giải quyết.",
        "Không vào danh sách: 1 hồ sơ chưa trả, hoặc chưa ghi ngày trả kết quả.",
        "Không vào danh sách: 1 hồ sơ trả kết quả ngoài khoảng ngày đã chọn.",
        "Không vào danh sách: 1 hồ sơ thiếu họ tên.",
        "Không vào danh sách: 3 hồ sơ có họ tên nhưng không có điện thoại hay thư điện tử hợp lệ.",
        "Không vào danh sách: 5 hồ sơ cùng người với một hồ sơ mới hơn.",
    ]


def test_files_without_any_contact_give_nobody_to_ask(settings, tmp_path):
    landed(settings, sent(tmp_path / "a.csv", dossier("1"), dossier("2")))
    told = run("survey", "plan", *ASK, code=1)
    assert "0 người để chọn" in told and "2 hồ sơ thiếu họ tên" in told and "Không hồ sơ nào" in told


# What is told of a plan


def test_units_whose_index_nobody_will_tell_are_named_before_anybody_is_asked(settings, tmp_path):
    sizes = {"H99.01": 200, "H99.02": 60, "H99.03": 29, "H99.04": 30}
    rows = [
        dossier(f"{unit}-{n}", f"Bùi {n}", f"09{unit[-2:]}{n:06}", resolving_unit_code=unit, channel_code=channel)
        for unit, count in sizes.items()
        for n, channel in zip(range(count), ("online", "direct") * count, strict=False)
    ]
    landed(settings, sent(tmp_path / "d.csv", *rows))
    asked = (*ASK, "--minimum", "8", "--strata", "channel")
    # n0 = 1,96² · 0,25 / 0,15² = 42,7; of 60: 42,7 / (1 + 41,7 / 60) = 25,2; of 30: 17,9; of 200: 35,3.
    told = run("survey", "plan", *asked, "--margin", "15")
    assert "mẫu dưới 30 phiếu" in told and "ở 2 đơn vị: H99.02 (26 phiếu), H99.04 (18 phiếu). Hãy giảm --margin" in told
    assert "dưới 30 người để hỏi ở 1 đơn vị: H99.03 (29 người)." in told
    told = run("survey", "plan", *asked, "--margin", "2")
    assert "mẫu dưới 30 phiếu" not in told and "H99.03 (29 người)" in told
    own = {"authority_code": "H99", "instrument_code": "PHIEU", "instrument_name": "Phiếu tỉnh", "kind_code": "survey"}
    own |= {"index_formula_code": "pooled", "method_version": "1", "is_confirmed": "Có"}
    for minimum in ("20", "19"):
        row = own | {"minimum_ballot_count": minimum}
        landed(settings, rewritten(tmp_path / f"instruments_{minimum}.csv", [row]))
    words = ("--instrument", "PHIEU", "--wave", "KS-2026", "--seed", "1", *asked[6:], "--margin", "15")
    assert "mẫu dưới 19 phiếu" in run("survey", "plan", *words)


def test_units_with_nobody_to_ask_are_one_line(settings, tmp_path):
    rows = [dossier(f"none-{n}", resolving_unit_code=f"H99.{n}") for n in range(10, 22)]
    landed(settings, sent(tmp_path / "d.csv", dossier("1", "Bùi A", "0912345671"), *rows))
    told = run("survey", "plan", *ASK)
    assert "Không có ai để hỏi ở 12 đơn vị: «H99.10», «H99.11», «H99.12», «H99.13», «H99.14» và 7 đơn vị nữa." in told
    assert told.count("H99.10") == 1 and "H99.21" not in told


# What is refused


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("--instrument", "phieu_la", "--wave", "K", "--seed", "1"), "Không có bộ câu hỏi khảo sát theo đợt nào"),
        (("--instrument", "kiosk_3_levels", "--wave", "K", "--seed", "1"), "Không có bộ câu hỏi khảo sát theo đợt nào"),
        (("--instrument", "five_factor_22", "--wave", "../K", "--seed", "1"), "Mã đợt «../K» chỉ được gồm"),
        ((*ASK, "--margin", "năm"), "«--margin năm»: cần một số phần trăm từ 0,1 đến 50"),
        ((*ASK, "--margin", "0"), "từ 0,1 đến 50"),
        ((*ASK, "--response-rate", "120"), "«--response-rate 120»: cần một số phần trăm từ 1 đến 100"),
        ((*ASK, "--confidence", "100"), "từ 50 đến 99,9"),
        ((*ASK, "--from", "01/08/2026", "--to", "01/07/2026"), "đứng sau --to 01/07/2026"),
        ((*ASK, "--units", "H99.01,H99.77"), "không có hồ sơ nào của đơn vị «H99.77»"),
        ((*ASK, "--authority", "H44"), "Không có hồ sơ nào của địa phương «H44»"),
    ],
)
def test_a_plan_that_cannot_be_made_says_why(settings, tmp_path, words, sentence):
    landed(settings, sent(tmp_path / "a.csv", dossier("1", "Bùi A", "0912345671")))
    assert sentence in run("survey", "plan", *words, code=1)


def test_an_empty_data_root_two_authorities_and_a_taken_file_are_told(settings, tmp_path):
    assert "Chưa có tệp số liệu nào được nạp" in run("survey", "plan", *ASK, code=1)
    other = dossier("2", "Bùi B", "0912345672", authority_code="H98", resolving_unit_code="H98.01")
    landed(settings, sent(tmp_path / "a.csv", dossier("1", "Bùi A", "0912345671"), other))
    assert "nhiều địa phương: H98, H99. Hãy chọn một bằng --authority" in run("survey", "plan", *ASK, code=1)
    asked = (*ASK, "--authority", "H98", "--out", tmp_path / "ks")
    run("survey", "plan", *asked)
    assert drawn(tmp_path / "ks") == ["2"]
    assert "Đã có" in run("survey", "plan", *asked, code=1)


def test_a_sample_that_cannot_be_exported_says_why(settings, tmp_path, secret):
    landed(settings, sent(tmp_path / "a.csv", dossier("1", "Bùi A", "0912345671")))
    run("survey", "plan", *ASK, "--out", tmp_path / "ks")
    path = tmp_path / "ks" / "KS-2026_mau.csv"
    (row,) = table(path)

    def refused(*rows: dict[str, str], words: tuple = ()) -> str:
        out = tmp_path / "frame"
        request = ("--out", out, "--who", "Trần A", "--reason", "khảo sát quý 3", "--passphrase-file", secret)
        told = run("vault", "export-frame", "--sample", rewritten(path, list(rows)), *words, *request, code=1)
        assert not out.exists() and not (settings.root / "vault" / "exports.jsonl").exists()
        return told

    assert "Chưa nạp hồ sơ nào mang mã «lạ»" in refused(row, row | {"dossier_code": "lạ"})
    assert "Chưa nạp hồ sơ nào mang mã «1»" in refused(row | {"authority_code": "H98"})
    many = [row | {"dossier_code": f"x{number}"} for number in range(7)]
    assert "«x4» và 2 hồ sơ nữa" in refused(*many)
    assert "dòng 3: cột wave_code không được để trống" in refused(row, row | {"wave_code": ""})
    assert "không có đợt «KS-2027»; trong tệp là đợt KS-2026" in refused(row, words=("--wave", "KS-2027"))
    assert "nhiều đợt: KS-2026, KS-2027" in refused(row, row | {"wave_code": "KS-2027"})
    assert "các cột: authority_code, wave_code, dossier_code" in refused({"dossier_code": "1"})
    assert "dòng lặp lại" in refused(row, row)
    assert "đúng một trong hai" in refused(row, words=(path,))
    missing = ("--sample", tmp_path / "no.csv", "--out", tmp_path / "f", "--who", "A", "--why", "khảo sát quý 3")
    assert "Không tìm thấy tệp" in run("vault", "export-frame", *missing, "--passphrase-file", secret, code=1)


def test_the_program_ends_with_a_sentence_and_1(settings, cchc, project_root):
    done = subprocess.run(
        [*cchc, "survey", "progress", "--wave", "KS-2026"],
        capture_output=True,
        text=True,
        check=False,
        cwd=project_root,
    )
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("Chưa nạp phiếu nào của đợt «KS-2026»") and done.stderr.count("\n") == 1


# Progress


def progress_rows(told: str) -> dict[str, list[str]]:
    """Unit → the cells behind its name."""
    lines = told.splitlines()
    begins = [0]
    for word in lines[1].split():
        begins.append(begins[-1] + len(word) + 2)
    cells = [[line[one:two].strip() for one, two in pairwise(begins)] for line in lines[2:]]
    return {row[1]: row[3:] for row in cells}


def test_progress_counts_the_newest_ballots_and_says_where_nothing_came(settings, tmp_path):
    many = [dossier(f"a{n}", f"Bùi {n}", f"0912{n:06}", resolving_unit_code="H99.01") for n in range(1, 41)]
    few = [dossier(f"b{n}", f"Lê {n}", f"0913{n:06}", resolving_unit_code="H99.02") for n in range(1, 4)]
    landed(settings, sent(tmp_path / "sent" / "d.csv", *many, *few))
    out = tmp_path / "ks"
    run("survey", "plan", *ASK, "--margin", "10", "--response-rate", "90", "--out", out)
    plan = ("--plan", out / "KS-2026_ke_hoach.csv")
    nothing = ["không có số liệu"] * 6
    assert progress_rows(run("survey", "progress", "--wave", "KS-2026", *plan)) == {
        "H99.01": ["30", "34", *nothing],
        "H99.02": ["3", "3", *nothing],
    }
    ballots = [row for row in table(out / "KS-2026_mau.csv") if row["unit_code"] == "H99.01"]
    for row in ballots[:12]:
        row["item_answers"] = "F1.1=5"
    ballots[12]["result_code"], ballots[13]["result_code"], ballots[14]["result_code"] = (
        "refused", "not_reached", "ineligible"
    )  # fmt: skip
    landed(settings, rewritten(tmp_path / "sent" / "one.csv", ballots))
    # z · √(0,25 / 12 · 28 / 39) = 24,0 %
    told = ["12", "1", "1", "1", "19", "24,0 %"]
    rows = progress_rows(run("survey", "progress", "--wave", "KS-2026", *plan))
    assert rows == {"H99.01": ["30", "34", *told], "H99.02": ["3", "3", *nothing]}
    assert progress_rows(run("survey", "progress", "--wave", "KS-2026")) == {
        "H99.01": ["không có số liệu", "34", *told]
    }
    # A ballot that answered after all, in a later file with nothing but it: z · √(0,25 / 13 · 27 / 39).
    ballots[12].update(result_code="answered", item_answers="F1.1=4")
    landed(settings, rewritten(tmp_path / "sent" / "two.csv", ballots[12:13]))
    rows = progress_rows(run("survey", "progress", "--wave", "KS-2026", *plan))
    assert rows["H99.01"] == ["30", "34", "13", "0", "1", "1", "19", "22,6 %"]


def ballot(code: str, **known: str) -> dict[str, str]:
    """A row of a file of answers that knows nothing of the plan."""
    names = (
        "authority_code",
        "wave_code",
        "instrument_code",
        "unit_code",
        "ballot_code",
        "result_code",
        "item_answers",
    )
    of_wave = {"authority_code": "H99", "wave_code": "KS-2026", "instrument_code": "five_factor_22"}
    return dict.fromkeys(names, "") | of_wave | {"unit_code": "H99.01", "ballot_code": code} | known


@pytest.mark.parametrize("order", [("sample", "answers"), ("answers", "sample")])
def test_the_blank_sample_and_a_file_of_answers_complete_each_other_in_any_order(settings, tmp_path, order):
    people = [dossier(f"a{n}", f"Bùi {n}", f"0912{n:06}") for n in range(1, 41)]
    landed(settings, sent(tmp_path / "sent" / "d.csv", *people))
    out = tmp_path / "ks"
    run("survey", "plan", *ASK, "--margin", "10", "--response-rate", "90", "--out", out)
    answers = [ballot(f"KS-2026-{n:06}", item_answers="F1.1=5") for n in range(1, 13)]
    answers.append(ballot("KS-2026-000013", result_code="refused"))
    files = {
        "sample": out / "KS-2026_mau.csv",
        "answers": rewritten(tmp_path / "sent" / "answers.csv", answers),
    }
    for name in order:
        landed(settings, files[name])
    # z · √(0,25 / 12 · 28 / 39): the stratum of 40 people is known from the sample.
    told = ["34", "12", "1", "0", "0", "21", "24,0 %"]
    assert progress_rows(run("survey", "progress", "--wave", "KS-2026")) == {"H99.01": ["không có số liệu", *told]}


def test_progress_names_units_that_are_not_registered(settings, tmp_path):
    units = ("H99.01", "H99", "Sở Tư pháp tỉnh Mẫu", *(f"H99.9{n}" for n in range(5)))
    rows = [ballot(f"P-{n}", unit_code=unit, item_answers="F1.1=5") for n, unit in enumerate(units)]
    landed(settings, rewritten(tmp_path / "ballots.csv", rows))
    assert "danh mục đơn vị" not in run("survey", "progress", "--wave", "KS-2026")
    registered = [
        {"authority_code": "H99", "unit_code": code, "unit_name": name, "unit_bloc_code": bloc, "valid_from_date": day}
        for code, name, bloc, day in (
            ("H99", "Tỉnh Mẫu", "authority", "01/01/2026"), ("H99.01", "Sở Thử", "department", "01/01/2026")
        )
    ]  # fmt: skip
    landed(settings, rewritten(tmp_path / "units.csv", registered))
    told = run("survey", "progress", "--wave", "KS-2026")
    assert (
        "6 đơn vị không có trong danh mục đơn vị đã nạp: «H99.90», «H99.91», «H99.92», «H99.93», «H99.94» "
        "và 1 đơn vị nữa." in told
    )


def test_a_plan_of_another_wave_or_a_broken_one_is_refused(settings, tmp_path):
    landed(settings, sent(tmp_path / "a.csv", dossier("1", "Bùi A", "0912345671")))
    run("survey", "plan", *ASK, "--out", tmp_path / "ks")
    path = tmp_path / "ks" / "KS-2026_ke_hoach.csv"
    told = run("survey", "progress", "--wave", "KS-2027", "--plan", path, code=1)
    assert "là kế hoạch của đợt «KS-2026», không phải «KS-2027»" in told
    rewritten(path, [table(path)[0] | {"Mẫu": "ba"}])
    assert "dòng 2: «Số người», «Mẫu»" in run("survey", "progress", "--wave", "KS-2026", "--plan", path, code=1)
