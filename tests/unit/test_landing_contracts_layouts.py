"""Contracts and layouts: what is checked when they are read, and which layout a header chooses."""

import unicodedata

import pytest

from dagster_project.landing import layouts
from dagster_project.landing.contracts import load_contract, load_contracts, parse_contract
from dagster_project.landing.errors import LandingError, LayoutError
from dagster_project.landing.headings import single_row
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
        "kiosk__ratings",
        "national_portal__qd766_metrics",
        "one_stop__apology_letters",
        "one_stop__dossier_events",
        "one_stop__dossiers",
        "one_stop__pauses",
        "one_stop__quality_scores",
        "one_stop__supplements",
        "par__criterion_scores",
        "petition_portal__petitions",
        "portal__form_06a_lines",
        "portal__on_time_reports",
        "procedure_registry__procedures",
        "regulation__bands",
        "regulation__criteria",
        "survey__answers",
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


@pytest.mark.parametrize(
    ("document", "message"),
    [
        (events_document(colour="red"), "unknown keys"),
        (events_document(fingerprint=[]), "fingerprint is missing or empty"),
        (events_document(source="nothing"), "unknown source 'nothing'"),
        (changed_column("colour", {"from": "Màu"}), "not in the contract"),
        (changed_column("unit_code", {"fro": "Đơn vị"}), "unknown keys"),
        (changed_column("unit_code", {"from": "Đơn vị", "constant": "x"}), "exactly one of"),
        (changed_column("unit_code", {"preamble": "x"}), "goes together"),
        (changed_column("unit_code", {"from": "Đơn vị", "extract": "^(a)(b)"}), "exactly one group"),
        (changed_column("status_code", {"from": "Trạng thái", "map": {"Xong": "99"}}), "does not know"),
        (without_column("dossier_code"), "thiếu cột bắt buộc dossier_code"),
        (events_document(withheld=["MÃ  hồ sơ"]), "withheld headers are also mapped"),
        (events_document(formats={"timestamp": ["dmy", "mdy"]}), "both dmy and mdy"),
        (events_document(formats={"timestamp": ["ydm"]}), "timestamp formats"),
        (events_document(formats={}), "no timestamp format"),
        (events_document(formats={"timestamp": ["dmy"], "decimal": "point"}), "decimal is one of"),
    ],
)
def test_a_wrong_layout_is_refused_with_its_fault(document, message):
    with pytest.raises(LayoutError, match=message):
        layouts.parse_layout(document, "x.yml")


def test_the_hash_follows_the_content_of_a_layout():
    one = layouts.parse_layout(events_document(), "x.yml")
    same = layouts.parse_layout(events_document(), "elsewhere.yml")
    other = layouts.parse_layout(events_document(title="Khác"), "x.yml")
    assert one.layout_hash == same.layout_hash != other.layout_hash


def test_headers_match_without_case_odd_spaces_or_decomposed_accents():
    layout = layouts.parse_layout(events_document(), "x.yml")
    decomposed = unicodedata.normalize("NFD", "Mã hồ sơ")
    match = layout.match(
        heading(["STT", f"  {decomposed.upper()} ", "SỐ\u00a0 BƯỚC", "Bước", "tên\nbước", "lúc", None])
    )
    assert match.fits
    assert match.positions == {"dossier_code": 1, "event_code": 3, "activity_name": 4, "occurred_at": 5}


def test_a_synonym_serves_when_the_first_name_is_absent():
    layout = layouts.parse_layout(events_document(fingerprint=["Mã hồ sơ"]), "x.yml")
    assert layout.match(heading(["Mã hồ sơ", "Số bước", "Tên bước", "Lúc"])).positions["event_code"] == 1


def test_a_file_layout_wins_over_the_generic_one_and_the_longer_fingerprint_over_the_shorter():
    short = layouts.parse_layout(events_document(), "x.yml")
    long = layouts.parse_layout(events_document(layout="longer", fingerprint=HEADER), "y.yml")
    assert layouts.choose([short.match(heading(HEADER)), long.match(heading(HEADER))]).layout.layout == "longer"
    generic = layouts.generic_layout(load_contract("one_stop__dossier_events"))
    header = list(generic.contract.column_names)
    columns = {name: {"from": name} for name in header}
    specific = layouts.parse_layout(events_document(layout="own", fingerprint=header[:2], columns=columns), "z.yml")
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
    mapping = layouts.parse_layout(changed_column("status_code", spec), "x.yml").columns["status_code"].mapping
    assert mapping[0] == ("Đang xử lý", "2")
    assert ("Đã trả kết quả", "10") in mapping
    generic = layouts.generic_layout(load_contract("one_stop__dossiers")).columns
    assert ("Trực tuyến", "online") in generic["channel_code"].mapping
    assert generic["dossier_code"].mapping == ()


def test_two_equally_good_layouts_are_not_guessed_between():
    one = layouts.parse_layout(events_document(), "x.yml")
    two = layouts.parse_layout(events_document(layout="twin"), "y.yml")
    with pytest.raises(LandingError, match="nhiều bố cục như nhau: test_events, twin"):
        layouts.choose([one.match(heading(HEADER)), two.match(heading(HEADER))])


def test_a_missing_required_column_is_named_by_header_and_code():
    layout = layouts.parse_layout(events_document(), "x.yml")
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
