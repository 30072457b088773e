"""Contracts and layouts: what is checked when they are read, and which layout a header chooses."""

import copy
import datetime as dt
import re
import time
import unicodedata

import pytest
import yaml

from dagster_project.landing import layouts, patterns
from dagster_project.landing.contracts import load_contract, load_contracts, parse_contract
from dagster_project.landing.errors import LandingError, LayoutError
from dagster_project.landing.headings import heading_of, single_row
from dagster_project.landing.tables import HeadRow

pytestmark = pytest.mark.unit


def events_document(**changes):
    document = {
        "layout": "test_events",
        "title": "Nhật ký thử",
        "source": "one_stop__dossier_events",
        "formats": {"timestamp": ["dmy"]},
        "fingerprint": ["Mã hồ sơ", "Bước"],
        "columns": {
            "authority_code": {"constant": "H99"},
            "dossier_code": {"from": "Mã hồ sơ"},
            "event_code": {"from": ["Bước", "Số bước"]},
            "activity_name": {"from": "Tên bước"},
            "occurred_at": {"from": "Lúc"},
        },
    }
    document.update(changes)
    return document


def changed_column(name, spec):
    document = events_document()
    document["columns"] = {**document["columns"], name: spec}
    return document


def without_column(name):
    document = events_document()
    document["columns"] = {key: spec for key, spec in document["columns"].items() if key != name}
    return document


def heading(cells):
    return single_row(HeadRow(1, tuple(cells), ""))


HEADER = ["Mã hồ sơ", "Bước", "Tên bước", "Lúc"]


def test_the_sources_are_there_and_each_has_a_generic_layout():
    assert set(load_contracts()) == {
        "calendar__days_off",
        "calendar__working_hours",
        "kiosk__ratings",
        "national_portal__dossiers",
        "national_portal__qd766_metrics",
        "one_stop__apology_letters",
        "one_stop__dossier_events",
        "one_stop__dossiers",
        "one_stop__pauses",
        "one_stop__quality_scores",
        "one_stop__supplements",
        "par__criterion_scores",
        "par__score_explanations",
        "petition_portal__petitions",
        "portal__form_06a_lines",
        "portal__on_time_reports",
        "procedure_registry__procedures",
        "regulation__bands",
        "regulation__criteria",
        "regulation__grades",
        "regulation__regulations",
        "survey__answers",
        "survey__ballots",
        "survey__declared_results",
        "survey__instruments",
        "survey__items",
        "survey__options",
        "survey__totals",
        "survey__waves",
        "unit_registry__unit_changes",
        "unit_registry__units",
    }
    generic = {layout.source for layout in layouts.load_layouts().values() if layout.is_generic}
    assert generic == set(load_contracts())


def test_a_contract_with_an_unknown_grain_column_is_refused():
    document = {
        "source": "s",
        "title": "t",
        "grain": ["missing"],
        "observed": [],
        "columns": [{"name": "a", "type": "code", "meaning": "m"}],
    }
    with pytest.raises(LayoutError, match="grain names the unknown column 'missing'"):
        parse_contract(document, "s.yml")


def test_a_contract_with_an_unknown_type_is_refused():
    document = {
        "source": "s",
        "title": "t",
        "grain": [],
        "observed": [],
        "columns": [{"name": "a", "type": "float", "meaning": "m"}],
    }
    with pytest.raises(LayoutError, match="unknown type 'float'"):
        parse_contract(document, "s.yml")


def ballots_document(**changes):
    document = {
        "layout": "test_ballots",
        "title": "Phiếu thử",
        "source": "survey__ballots",
        "fingerprint": ["Mã phiếu"],
        "columns": {
            **{name: {"constant": "x"} for name in ("authority_code", "wave_code", "instrument_code", "unit_code")},
            "ballot_code": {"from": "Mã phiếu"},
            "item_answers": {"packed": {"1": "Câu 1", "2": ["Câu 2", "Câu hai"]}},
        },
    }
    document.update(changes)
    return document


def packed_as(spec, **changes):
    document = ballots_document(**changes)
    document["columns"] = {**document["columns"], "item_answers": spec}
    return document


def with_rows(**rows):
    return events_document(rows=rows)


@pytest.mark.parametrize(
    ("document", "message"),
    [
        (None, "cả tệp phải là các cặp «khóa: giá trị», không phải để trống"),
        ([], "cả tệp phải là các cặp «khóa: giá trị», không phải danh sách"),
        (events_document(colour="red"), "có khóa lạ «colour»"),
        (events_document(title=5), r"mục «title» phải là chữ \(hãy đặt trong dấu nháy .*\), không phải 5"),
        (
            events_document(fingerprint=["Mã hồ sơ", " "]),
            "mục «fingerprint, phần tử 2» phải là chữ, không phải để trống",
        ),
        (events_document(title=None), "mục «title» phải là chữ, không phải để trống"),
        (events_document(fingerprint=[]), "thiếu mục «fingerprint»"),
        (events_document(fingerprint={"Mã hồ sơ": 1}), "mục «fingerprint» phải là danh sách"),
        (events_document(fingerprint=["Mã hồ sơ", 2]), "mục «fingerprint, phần tử 2» phải là chữ"),
        (events_document(columns=["Mã hồ sơ"]), "mục «columns» phải là các cặp"),
        (events_document(source="nothing"), "không có nguồn «nothing»"),
        (events_document(time_zone="Asia/Nowhere"), "không có múi giờ «Asia/Nowhere»"),
        (events_document(time_zone="../x"), "không có múi giờ"),
        (changed_column("colour", {"from": "Màu"}), "nguồn one_stop__dossier_events không có cột này"),
        (changed_column("unit_code", {"fro": "Đơn vị"}), "mục «columns.unit_code» có khóa lạ «fro»"),
        (changed_column("unit_code", None), "mục «columns.unit_code» phải là các cặp"),
        (changed_column("unit_code", {"given": False}), "cần đúng một trong"),
        (changed_column("unit_code", {"from": "Đơn vị", "constant": "x"}), "cần đúng một trong"),
        (changed_column("unit_code", {"constant": 5}), "mục «columns.unit_code.constant» phải là chữ"),
        (changed_column("unit_code", {"preamble": "x"}), "template đi cùng"),
        (
            changed_column("unit_code", {"preamble": "(x)", "template": "{2}"}),
            r"template có \{2\}, nhưng chỉ có 1 phần",
        ),
        (changed_column("unit_code", {"join": ["Bước"], "template": "{0}"}), r"template có \{0\}"),
        (changed_column("unit_code", {"sheet": "(x", "template": "{1}"}), "biểu thức «.x» không dùng được: thiếu dấu"),
        (changed_column("unit_code", {"from": "Đơn vị", "extract": "^(a)(b)"}), "đúng một cặp ngoặc"),
        (changed_column("unit_code", {"from": "Đơn vị", "extract": "(?=a)(b)"}), r"không dùng được \(\?=…\)"),
        (
            changed_column("status_code", {"from": "Trạng thái", "map": {"Xong": "99"}}),
            'mã "99" không có trong danh mục',
        ),
        (changed_column("status_code", {"from": "Trạng thái", "map": {1: "9"}}), "mục «columns.status_code.map.1»"),
        (changed_column("unit_code", {"group": "unit"}), "lấy từ nhóm không có ở mục «rows.groups»"),
        (without_column("dossier_code"), "thiếu cột bắt buộc dossier_code"),
        (events_document(withheld=["MÃ  hồ sơ"]), 'mục «withheld»: "mã hồ sơ" cũng được đọc'),
        (events_document(identity={"owner_name": "Tên"}), 'nguồn không có "owner_name"'),
        (events_document(probe={"A": "x"}), "mục «probe»: «A» phải là vị trí cột"),
        (events_document(probe={"#0": "["}), "thiếu dấu «]»"),
        (with_rows(colour=[]), "mục «rows» có khóa lạ «colour»"),
        (with_rows(groups=[{"name": "a"}]), "mỗi nhóm cần name và text"),
        (with_rows(groups=[{"name": "A", "text": "Bước"}]), "name chỉ gồm chữ thường"),
        (with_rows(groups=[{"name": "a", "text": "Bước", "next": "row"}]), "next là group hoặc data"),
        (with_rows(groups=[{"name": "a", "text": "Bước"}] * 2), "hai nhóm cùng tên"),
        (with_rows(groups=[{"name": "a", "text": "Bước", "when": {"Bước": "*"}}]), "dấu lặp"),
        (with_rows(totals=[{"text": "Bước"}]), "mục «rows.totals»: mỗi dòng cần text và pattern"),
        (with_rows(skip=[{"text": "Bước", "pattern": "a)"}]), "thừa dấu «.»"),
        (changed_column("activity_name", {"packed": {"1": "Câu 1"}}), "packed chỉ dùng cho cột gói nhiều câu trả lời"),
        (packed_as({"packed": {"1": []}, "from": "x"}), "cần đúng một trong"),
        (packed_as({"packed": {"a;b": "Câu 1"}}), 'mã "a;b" có dấu «;» hoặc «=»'),
        (packed_as({"packed": {"1": "Câu 1"}, "map": {"Có": "1=x"}}), 'mã "1=x" có dấu «;» hoặc «=»'),
        (packed_as({"packed": {"1": ["Câu 1"], "2": ["Hai", "CÂU  1"]}}), 'tiêu đề "câu 1" ghi ở hai câu'),
        (packed_as({"packed": {"1": 5}}), "mục «columns.item_answers.packed.1» phải là danh sách"),
        (packed_as({"packed_patterns": {"Q([0-9]+)": "{2}"}}), r"có \{2\}, nhưng chỉ có 1 phần"),
        (packed_as({"packed_patterns": {"Q(": "{1}"}}), "packed_patterns: biểu thức «Q.» không dùng được"),
        (packed_as({"packed": {"1": "Câu 1"}}, withheld=["câu 1"]), 'mục «withheld»: "câu 1" cũng được đọc'),
        (
            packed_as({"packed": {"1": "Câu 1"}}, identity={"respondent_name": "Câu 1"}),
            'mục «identity»: "câu 1" cũng có ở mục «columns»',
        ),
        (events_document(formats={"timestamp": ["dmy", "mdy"]}), "không thể vừa dmy vừa mdy"),
        (events_document(formats={"timestamp": ["ydm"]}), 'mục «formats.timestamp» có "ydm"'),
        (events_document(formats={}), "thiếu mục «formats.timestamp»"),
        (
            events_document(formats={"timestamp": ["dmy"], "decimal": "point"}),
            "mục «formats.decimal» là dot hoặc comma",
        ),
    ],
)
def test_a_wrong_layout_is_refused_with_its_key_and_fault(document, message):
    with pytest.raises(LayoutError, match=message):
        layouts.parse_layout(document)


def _places(document, path=()):
    """The path of every value in a document."""
    yield path
    items = (
        document.items() if isinstance(document, dict) else enumerate(document) if isinstance(document, list) else ()
    )
    for key, value in items:
        yield from _places(value, (*path, key))


def _replaced(document, path, value):
    changed = copy.deepcopy(document)
    inner = changed
    for key in path[:-1]:
        inner = inner[key]
    inner[path[-1]] = value
    return changed


@pytest.mark.parametrize("path", sorted(layouts.LAYOUTS_DIR.glob("*.yml")), ids=lambda path: path.stem)
def test_whatever_stands_in_a_layout_is_read_or_refused_and_nothing_else(path):
    document = yaml.safe_load(path.read_text(encoding="utf-8"))
    refused = 0
    for place in list(_places(document))[1:]:
        for value in (None, 5, True, "(", [], {}, [["x"]], {"x": 1}, dt.date(2026, 1, 1)):
            try:
                layouts.parse_layout(_replaced(document, place, value))
            except LayoutError as error:
                refused += 1
                assert re.search("mục|cả tệp", str(error)), str(error)
    assert refused > 100


def test_a_file_that_is_no_layout_is_refused_by_its_own_name(tmp_path):
    path = tmp_path / "của_tôi.yml"
    path.write_text("layout: a\ncolumns: [\n", encoding="utf-8")
    with pytest.raises(
        LandingError, match=r"bố cục «.*của_tôi\.yml» không dùng được: .* YAML, dòng 3, cột 1\. Hãy sửa"
    ):
        layouts.read_layout(path)
    path.write_bytes("layout: tệp".encode("utf-16"))
    with pytest.raises(LandingError, match="không ở bảng mã UTF-8"):
        layouts.read_layout(path)
    path.write_text("[" * 5000, encoding="utf-8")
    with pytest.raises(LandingError, match="không đúng cú pháp YAML"):
        layouts.read_layout(path)


def test_one_text_may_stand_for_a_list_of_one():
    layout = layouts.parse_layout(events_document(fingerprint="Mã hồ sơ", withheld="Ghi chú"))
    assert (layout.fingerprint, layout.withheld) == ((("Mã hồ sơ",),), ("Ghi chú",))


def test_no_layout_repeats_a_label_that_its_contract_knows():
    for path in sorted(layouts.LAYOUTS_DIR.glob("*.yml")):
        document = yaml.safe_load(path.read_text(encoding="utf-8"))
        for name, spec in document["columns"].items():
            column = load_contract(document["source"]).column(name)
            labels = dict(zip(column.labels, column.codes, strict=True))
            repeated = [word for word, code in spec.get("map", {}).items() if labels.get(word) == code]
            assert not repeated, f"{path.name}, cột {name}: {repeated} đã có trong danh mục"


def test_a_pattern_that_explodes_elsewhere_takes_no_longer_than_its_text():
    started = time.monotonic()
    assert not patterns.is_found("^(a+)+$", "a" * 20_000 + "b")
    assert patterns.filled_in("{2}/{1}", "(x)(?:a+)+b(c)", "x" + "a" * 20_000 + "bc.") == "c/x"
    assert time.monotonic() - started < 5


def test_a_template_is_filled_by_the_first_match_of_its_pattern():
    pattern = "[Tt]ừ (?:ngày )?([0-9]+)/([0-9]+)(/[0-9]+)?"
    assert patterns.filled_in("{2}-{1}{3}", pattern, "Kỳ\ntừ 5/1, từ 6/2/2026") == "1-5"
    assert patterns.filled_in("\\1 {1}", "^(.)", "ab") == "\\1 a"
    assert patterns.is_whole("a|b", "b") and not patterns.is_whole("a|b", "ab")
    assert (patterns.group_count("a"), patterns.group_count("(a)(?:b)(c)")) == (0, 2)


def test_of_two_columns_of_one_meaning_the_unread_one_is_told():
    document = events_document(fingerprint=["Bước"])
    document["columns"]["dossier_code"] = {"from": ["Mã hồ sơ", "Số hồ sơ"]}
    layout = layouts.parse_layout(document)
    match = layout.match(heading(["Số hồ sơ", *HEADER]))
    assert match.positions["dossier_code"] == 1
    assert match.spare_columns == ['chỉ lấy cột "Mã hồ sơ", không đọc cột "Số hồ sơ" cùng nghĩa (dossier_code)']
    assert layout.match(heading(HEADER)).spare_columns == []


def test_the_hash_follows_the_content_of_a_layout():
    one = layouts.parse_layout(events_document())
    same = layouts.parse_layout(events_document())
    other = layouts.parse_layout(events_document(title="Khác"))
    assert one.layout_hash == same.layout_hash != other.layout_hash


def test_headers_match_without_case_odd_spaces_or_decomposed_accents():
    layout = layouts.parse_layout(events_document())
    decomposed = unicodedata.normalize("NFD", "Mã hồ sơ")
    match = layout.match(
        heading(["STT", f"  {decomposed.upper()} ", "SỐ\u00a0 BƯỚC", "Bước", "tên\nbước", "lúc", None])
    )
    assert match.fits
    assert match.positions == {"dossier_code": 1, "event_code": 3, "activity_name": 4, "occurred_at": 5}


def test_one_question_is_enough_for_a_questionnaire_and_those_not_asked_are_told():
    layout = layouts.parse_layout(ballots_document())
    match = layout.match(heading(["Mã phiếu", "CÂU  HAI", "Ghi chú"]))
    assert match.fits and match.unasked == ("item_answers: 1",)
    assert [(cell.item_code, cell.position) for cell in match.cells] == [("2", 1)]
    assert match.used_positions == [0, 1]
    none = layout.match(heading(["Mã phiếu", "Ghi chú"]))
    assert not none.fits and none.short == ("Câu 1",)


def test_patterns_of_questions_take_whole_headers_that_mean_nothing_else():
    spec = {"packed_patterns": {"(?:.*/)?Q([0-9]+)": "Q{1}", "(.+)[?]": "{1}"}}
    document = packed_as(spec, withheld=["Q8"], identity={"respondent_phone": "Q9"})
    match = layouts.parse_layout(document).match(heading(["Mã phiếu", "g/Q1", "Q2b", "Q8", "Q9", "Lịch sự?", "a=b?"]))
    assert [(cell.item_code, cell.position) for cell in match.cells] == [("Q1", 1), ("Lịch sự", 5)]
    assert layouts.parse_layout(document).match(heading(["Mã phiếu", "x"])).short == ("(?:.*/)?Q([0-9]+)",)


def test_a_header_that_is_two_questions_is_not_guessed():
    layout = layouts.parse_layout(packed_as({"packed": {"1": "Nhóm > Câu 1", "2": "Câu 1"}}))
    rows = [HeadRow(1, ("Mã phiếu", "Nhóm"), ""), HeadRow(2, (None, "Câu 1"), "")]
    with pytest.raises(LandingError, match='cột "Nhóm > Câu 1" vừa là câu 1, vừa là câu 2'):
        layout.match(heading_of(rows)).check_no_doubles()


def test_a_header_of_the_fingerprint_may_have_synonyms():
    layout = layouts.parse_layout(ballots_document(fingerprint=[["Dấu thời gian", "Timestamp"], "Mã phiếu"]))
    assert layout.match(heading(["Timestamp", "Mã phiếu", "Câu 1"])).fits
    match = layout.match(heading(["Lúc", "Mã phiếu", "Câu 1"]))
    assert (match.short, match.closeness[0]) == (("Dấu thời gian",), 0.5)


def test_of_two_layouts_the_one_that_knows_more_questions_is_chosen():
    more = layouts.parse_layout(ballots_document())
    less = layouts.parse_layout(packed_as({"packed": {"1": "Câu 1"}}, layout="less"))
    header = heading(["Mã phiếu", "Câu 1", "Câu 2"])
    assert layouts.choose([less.match(header), more.match(header)]).layout.layout == "test_ballots"


def test_a_missing_column_that_may_be_given_says_how():
    document = ballots_document()
    document["columns"] = {**document["columns"], "unit_code": {"from": "Mã đơn vị"}}
    error = layouts.refusal([layouts.parse_layout(document).match(heading(["Mã phiếu", "Câu 1"]))], forced=False)
    assert "Nếu cả tệp chỉ có một giá trị thì nạp lại với «--set unit_code=H99.01»; nếu không, hãy kiểm tra" in str(
        error
    )


def test_a_synonym_serves_when_the_first_name_is_absent():
    layout = layouts.parse_layout(events_document(fingerprint=["Mã hồ sơ"]))
    assert layout.match(heading(["Mã hồ sơ", "Số bước", "Tên bước", "Lúc"])).positions["event_code"] == 1


def test_a_file_layout_wins_over_the_generic_one_and_the_longer_fingerprint_over_the_shorter():
    short = layouts.parse_layout(events_document())
    long = layouts.parse_layout(events_document(layout="longer", fingerprint=HEADER))
    assert layouts.choose([short.match(heading(HEADER)), long.match(heading(HEADER))]).layout.layout == "longer"
    generic = layouts.generic_layout(load_contract("one_stop__dossier_events"))
    header = list(generic.contract.column_names)
    columns = {name: {"from": name} for name in header}
    specific = layouts.parse_layout(events_document(layout="own", fingerprint=header[:2], columns=columns))
    assert layouts.choose([generic.match(heading(header)), specific.match(heading(header))]).layout.layout == "own"


def test_no_shipped_layout_takes_a_canonical_file_away_from_its_source():
    """The generic layout reads every column; one that shadowed it would drop those it does not map."""
    for contract in load_contracts().values():
        header = list(contract.column_names)
        chosen = layouts.choose([layout.match(heading(header)) for layout in layouts.load_layouts().values()])
        assert chosen.layout.layout == f"canonical_{contract.source}"
        assert chosen.absent == ()


def test_labels_of_the_contract_are_understood_in_every_layout_after_its_own_words():
    spec = {"from": "Trạng thái", "map": {"Đang xử lý": "2"}}
    mapping = layouts.parse_layout(changed_column("status_code", spec)).columns["status_code"].mapping
    assert mapping[0] == ("Đang xử lý", "2")
    assert ("Đã trả kết quả", "10") in mapping
    generic = layouts.generic_layout(load_contract("one_stop__dossiers")).columns
    assert ("Trực tuyến", "online") in generic["channel_code"].mapping
    assert generic["dossier_code"].mapping == ()


def test_two_equally_good_layouts_are_not_guessed_between():
    one = layouts.parse_layout(events_document())
    two = layouts.parse_layout(events_document(layout="twin"))
    with pytest.raises(LandingError, match="nhiều bố cục như nhau: test_events, twin"):
        layouts.choose([one.match(heading(HEADER)), two.match(heading(HEADER))])


def test_a_missing_required_column_is_named_by_header_and_code():
    layout = layouts.parse_layout(events_document())
    error = layouts.refusal([layout.match(heading(["Mã hồ sơ", "Bước", "Tên bước"]))], forced=False)
    assert str(error) == (
        'không tìm thấy cột bắt buộc "Lúc" (mã chuẩn occurred_at) của bố cục test_events. '
        "Hãy kiểm tra dòng tiêu đề hoặc chọn bố cục khác bằng --layout."
    )


def test_an_unknown_header_names_the_nearest_layout_and_what_it_lacks():
    matches = [layout.match(heading(["Họ tên", "channel"])) for layout in layouts.load_layouts().values()]
    text = str(layouts.refusal(matches, forced=False))
    assert "không nhận ra bố cục nào" in text
    assert "Gần nhất là wabo_cases" in text
    assert '"case_id"' in text and '"channel"' not in text
