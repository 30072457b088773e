"""Old Vietnamese character sets: the code charts, single texts, which encoding a file has, and its copy in UTF-8."""

import csv
import sys
import tracemalloc
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import settings as effort
from hypothesis import strategies as st

from dagster_project.landing import encodings
from dagster_project.landing.charsets import ABC_LETTERS, TCVN_5712_1, VNI, is_syllable
from dagster_project.landing.encodings import (
    as_utf8,
    detect_encoding,
    font_encoding,
    line_pieces,
    tcvn3_to_unicode,
    tcvn5712_to_unicode,
    transcode,
    vni_to_unicode,
)
from dagster_project.landing.errors import LandingError
from dagster_project.settings import PROJECT_ROOT

sys.path.insert(0, str(Path(__file__).parents[1]))  # old_encodings.py stands beside the tiers, outside any package

from old_encodings import CARRIED, LETTERS, encoded

pytestmark = pytest.mark.unit

PAIRS = PROJECT_ROOT / "tests" / "fixtures" / "encodings" / "tcvn3_unicode_pairs.csv"
PROSE = (
    "Danh sách hồ sơ đã tiếp nhận và trả kết quả tại Bộ phận Một cửa, thị trấn Đồi Ngô.\r\n"
    "Nguyễn Thị Hường; cấp giấy phép xây dựng nhà ở riêng lẻ; đúng hạn; “không thu phí” – miễn giảm\r\n"
    "Trần Văn Sỹ; đăng ký kết hôn; quá hạn 3 ngày; lý do: chờ ý kiến của cơ quan thuế…\r\n"
)
OLD = ("cp1258", "tcvn3", "vni")


def pairs():
    with PAIRS.open(encoding="utf-8", newline="") as handle:
        return list(csv.DictReader(line for line in handle if not line.startswith("#")))


# --- code charts


def test_charts_are_whole_and_say_nothing_twice():
    assert len(LETTERS) == 146
    beyond_ascii = {letter for letter in LETTERS if not letter.isascii()}
    assert len(beyond_ascii) == 134
    assert {letter for letter in TCVN_5712_1.values() if letter.isalpha()} == beyond_ascii
    assert len(TCVN_5712_1) == 128 + 12 and len(set(TCVN_5712_1.values())) == 128 + 12
    assert set(VNI.values()) == beyond_ascii and len(VNI) == 134
    assert set(ABC_LETTERS.values()) == {letter for letter in beyond_ascii if letter.islower()} | set("ĂÂÊÔƠƯĐ")


def test_chart_of_tcvn_stands_in_the_order_of_the_standard():
    """Spot checks at the ends of rows, from the standard's own numbers: a shifted row would show."""
    known = {0x01: "Ú", 0x17: "Ỵ", 0x80: "À", 0x8F: "Ĩ", 0x90: "Í", 0x9F: "Ũ", 0xA0: "\u00a0", 0xA7: "Đ", 0xAD: "ư"}
    known |= {0xAE: "đ", 0xAF: "Ằ", 0xB4: "\u0323", 0xB5: "à", 0xBF: "Ẵ", 0xC0: "Ắ", 0xCF: "ẽ", 0xD0: "é", 0xDF: "ò"}
    known |= {0xE0: "Ổ", 0xEF: "ù", 0xF0: "Ỗ", 0xFE: "ỵ", 0xFF: "Ố"}
    assert {byte: TCVN_5712_1[byte] for byte in known} == known


BY_TONE = {
    "â ă ê ô ơ ư đ": ("a9 a8 aa ab ac ad ae", "aâ aê eâ oâ ô ö ñ"),
    "á ấ ắ é ế í ó ố ớ ú ứ ý": ("b8 ca be d0 d5 dd e3 e8 ed f3 f8 fd", "aù aá aé eù eá í où oá ôù uù öù yù"),
    "à ầ ằ è ề ì ò ồ ờ ù ừ ỳ": ("b5 c7 bb cc d2 d7 df e5 ea ef f5 fa", "aø aà aè eø eà ì oø oà ôø uø öø yø"),
    "ả ẩ ẳ ẻ ể ỉ ỏ ổ ở ủ ử ỷ": ("b6 c8 bc ce d3 d8 e1 e6 eb f1 f6 fb", "aû aå aú eû eå æ oû oå ôû uû öû yû"),
    "ã ẫ ẵ ẽ ễ ĩ õ ỗ ỡ ũ ữ ỹ": ("b7 c9 bd cf d4 dc e2 e7 ec f2 f7 fc", "aõ aã aü eõ eã ó oõ oã ôõ uõ öõ yõ"),
    "ạ ậ ặ ẹ ệ ị ọ ộ ợ ụ ự ỵ": ("b9 cb c6 d1 d6 de e4 e9 ee f4 f9 fe", "aï aä aë eï eä ò oï oä ôï uï öï î"),
}


@pytest.mark.parametrize("letters", BY_TONE)
def test_every_letter_listed_by_tone(letters):
    """The charts once more, in the other order: a slip in one of the two would show."""
    tcvn3, vni = BY_TONE[letters]
    assert " ".join(tcvn3_to_unicode(chr(int(byte, 16))) for byte in tcvn3.split()) == letters
    assert vni_to_unicode(vni) == letters
    assert vni_to_unicode(vni.upper()) == letters.upper()


def test_real_pairs_agree():
    rows = pairs()
    assert len(rows) == 98
    for row in rows:
        assert tcvn3_to_unicode(row["tcvn3"]).casefold() == unicodedata.normalize("NFC", row["unicode"]).casefold()
        assert row["tcvn3_escaped"].encode().decode("unicode_escape") == row["tcvn3"]
        assert font_encoding(row["font"]).encoding == "tcvn3"


def test_fonts_ending_in_h_draw_the_capitals_of_the_unicode_sheet():
    drawn = [row for row in pairs() if font_encoding(row["font"]).is_capitals]
    assert len(drawn) == 95
    assert all(tcvn3_to_unicode(row["tcvn3"]).upper() == row["unicode"].upper() for row in drawn)
    assert any(tcvn3_to_unicode(row["tcvn3"]) != row["unicode"] for row in drawn)


@pytest.mark.parametrize(
    ("font", "encoding", "is_capitals"),
    [
        (".VnTime", "tcvn3", False),
        (".VnTimeH", "tcvn3", True),
        (" .vnarial narrow ", "tcvn3", False),
        (".VnHelvetInsH", "tcvn3", True),
        ("VNI-Times", "vni", False),
        ("vni-helve", "vni", False),
    ],
)
def test_fonts_name_their_encoding(font, encoding, is_capitals):
    found = font_encoding(font)
    assert (found.encoding, found.is_capitals) == (encoding, is_capitals)


@pytest.mark.parametrize("font", ["Times New Roman", "Arial", "Vni", "VnTime", "", None])
def test_other_fonts_draw_unicode(font):
    assert font_encoding(font) is None


def test_vni_texts():
    assert vni_to_unicode("Coäng hoøa xaõ hoäi chuû nghóa Vieät Nam") == "Cộng hòa xã hội chủ nghĩa Việt Nam"
    assert vni_to_unicode("ÑOÄC LAÄP – TÖÏ DO – HAÏNH PHUÙC") == "ĐỘC LẬP – TỰ DO – HẠNH PHÚC"
    assert (
        vni_to_unicode("Nguyeãn Thò AÙnh, Aùnh, ñöôøng Lyù Thöôøng Kieät")
        == "Nguyễn Thị Ánh, Ánh, đường Lý Thường Kiệt"
    )
    assert vni_to_unicode("VieÄt") == "Việt", "the vowel says whether the letter is a capital"
    assert vni_to_unicode("bù") == "bù", "an accent that follows no vowel is left as it is"


@pytest.mark.parametrize("read_as", ["latin-1", "cp1252"])
def test_the_way_the_bytes_were_read_does_not_matter(read_as):
    assert tcvn3_to_unicode(b"\x93Tr\xad\xedng\x94 \x96 100 m\xb2".decode(read_as)) == "“Trướng” – 100 m²"
    assert tcvn5712_to_unicode(b"H\x93I \x83P V\x94".decode(read_as)) == "HỎI ÁP VÕ"
    assert vni_to_unicode(b"\x93To\xe1t\x94".decode(read_as)) == "“Tốt”"


def test_text_that_is_unicode_already_is_only_composed():
    assert tcvn3_to_unicode("e\u0302\u0323") == "ệ"
    for letter in LETTERS:
        if ord(letter) > 0xFF:
            assert tcvn3_to_unicode(letter) == vni_to_unicode(letter) == letter


@pytest.mark.parametrize(
    "word", ["nguyễn", "ĐẮK", "gìn", "quốc", "khuỷu", "Huyện", "nghiêng", "ướt", "ỷ", "yếu", "giấy"]
)
def test_syllables(word):
    assert is_syllable(word)


@pytest.mark.parametrize(
    "word", ["cät", "hồsơ", "tác̀", "uớcc", "càt", "ngườí", "ñöôøng", "Trµn", "prénom", "über", "ằ", ""]
)
def test_no_syllables(word):
    assert not is_syllable(word)


# --- round trips


@pytest.mark.parametrize("encoding", sorted(CARRIED))
def test_every_character_comes_back(encoding, tmp_path):
    text = "\n".join(CARRIED[encoding])
    assert copied(tmp_path, encoded(text, encoding), encoding) == text.encode()


@pytest.mark.parametrize("encoding", sorted(CARRIED))
def test_any_text_comes_back_however_it_is_cut(encoding, tmp_path_factory):
    folder = tmp_path_factory.mktemp("cut")

    @effort(deadline=None, derandomize=True)
    @given(st.text(st.sampled_from(CARRIED[encoding] + "\r\n"), max_size=60), st.integers(1, 9))
    def check(text, size):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(encodings, "CHUNK_BYTES", size)
            assert copied(folder, encoded(text, encoding), encoding) == text.encode()

    check()


def copied(folder, content, encoding):
    source, target = folder / "source", folder / "target"
    source.write_bytes(content)
    transcode(source, encoding, target)
    return target.read_bytes()


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_byte_order_marks_are_left_out_once(encoding, tmp_path):
    assert copied(tmp_path, "\ufeff\ufeffa,đ".encode(encoding), encoding) == "\ufeffa,đ".encode()


def test_memory_does_not_grow_with_the_file(tmp_path, monkeypatch):
    monkeypatch.setattr(encodings, "CHUNK_BYTES", 16 * 1024)
    line = encoded("Nguyễn Thị Hường;đúng hạn;xã Tân Mỹ\r\n", "vni")
    peaks = []
    for lines in (5_000, 20_000):
        tracemalloc.start()
        copied_bytes = transcoded_size(tmp_path, line * lines)
        peaks.append(tracemalloc.get_traced_memory()[1] - len(line) * lines)
        tracemalloc.stop()
        assert copied_bytes > len(line) * lines
    assert peaks[1] < peaks[0] * 1.2


def transcoded_size(folder, content):
    source, target = folder / "source", folder / "target"
    source.write_bytes(content)
    transcode(source, "vni", target)
    return target.stat().st_size


@pytest.mark.parametrize("size", [1, 2, 3, 1000])
@pytest.mark.parametrize(
    ("content", "encoding", "message"),
    [
        (b"a\nb\xe2\nc\x9ad", "cp1258", "dòng 3: byte thứ 7 (0x9A) không thuộc bảng mã Windows-1258."),
        (
            "a\nđ".encode("utf-16-le") + b"\x00\xdc!\x00",
            "utf-16-le",
            "dòng 2: byte thứ 7 (0x00) không thuộc bảng mã UTF-16",
        ),
        (
            "a\n\nđ".encode("utf-16-be") + b"\x01",
            "utf-16-be",
            "dòng 3: byte thứ 9 (0x01) không thuộc bảng mã UTF-16 BE.",
        ),
    ],
)
def test_what_does_not_fit_is_named_by_line_and_byte(content, encoding, message, size, tmp_path, monkeypatch):
    monkeypatch.setattr(encodings, "CHUNK_BYTES", size)
    with pytest.raises(LandingError) as refused:
        copied(tmp_path, content, encoding)
    assert str(refused.value).startswith(message) and "Hãy" in str(refused.value)


def test_a_run_without_any_ascii_is_no_table(tmp_path, monkeypatch):
    monkeypatch.setattr(encodings, "MAX_RUN", 100)
    monkeypatch.setattr(encodings, "CHUNK_BYTES", 50)
    with pytest.raises(LandingError, match="quá dài"):
        copied(tmp_path, "字".encode("utf-16-le") * 200, "utf-16-le")


# --- detection


@pytest.mark.parametrize("encoding", OLD)
def test_old_encodings_are_told_by_their_words(encoding):
    found = detect_encoding(encoded(PROSE if encoding != "tcvn3" else PROSE.replace("Ý", "ý"), encoding))
    assert found.encoding == encoding
    assert found.confidence >= encodings.MIN_CONFIDENCE
    assert found.reason.startswith(encodings.LABELS[encoding]) and found.reason.endswith("là tiếng Việt.")


def test_capitals_of_the_whole_standard_are_told_from_punctuation():
    heading = "ỦY BAN NHÂN DÂN XÃ ÁNH SÁNG, THỦ TỤC HÀNH CHÍNH, HỎI ĐÁP, MẪU TỜ KHAI, KÝ TÊN"
    assert detect_encoding(encoded(heading, "tcvn5712-1")).encoding == "tcvn5712-1"
    quoted = PROSE + "“Tốt”, “rất tốt”, “trung bình” – ‘cần cải thiện’…"
    assert detect_encoding(encoded(quoted, "tcvn3")).encoding == "tcvn3"


@pytest.mark.parametrize(
    ("content", "encoding"),
    [
        (PROSE.encode(), "utf-8"),
        (b"\xef\xbb\xbfa,b", "utf-8-sig"),
        ("\ufeffa,b".encode("utf-16-le"), "utf-16-le"),
        ("\ufeffa,b".encode("utf-16-be"), "utf-16-be"),
        (PROSE.encode("utf-16-le"), "utf-16-le"),
        (PROSE.encode("utf-16-be"), "utf-16-be"),
        (PROSE.encode("utf-16-le")[:-1], "utf-16-le"),
        (PROSE.encode()[:15], "utf-8"),
        (b"a,b\n1,2\n", "utf-8"),
        (b"", "utf-8"),
    ],
)
def test_unicode_is_told_by_marks_nuls_and_validity(content, encoding):
    found = detect_encoding(content)
    assert found.encoding == encoding and found.confidence > 0.9 and found.reason


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"\x89PNG\r\n\x1a\n\x00\x00\x00\x0dIHDR", "có thể là tệp nhị phân"),
        (b"a\0b\0\0c", "có thể là tệp nhị phân"),
        ("a,b".encode("utf-32"), "UTF-32"),
        (b"h\xe5 s\xac", "cần ít nhất 4 từ"),
        ("prénom,âge,né à,déjà,Müller,naïve,Ångström,señor".encode("cp1252"), "Không bảng mã nào đạt 80 %"),
        (encoded(PROSE, "vni") + encoded(PROSE, "cp1258"), "Không bảng mã nào đạt 80 %"),
    ],
)
def test_no_answer_rather_than_a_guess(content, reason):
    found = detect_encoding(content)
    assert found.encoding is None and found.confidence < encodings.MIN_CONFIDENCE
    assert reason in found.reason


def test_words_that_two_encodings_read_well_give_no_answer():
    """Syllables in VNI as well as in Windows-1258, and not the same ones."""
    found = detect_encoding("tô sô mô nô bô lô".encode("cp1258"))
    assert vni_to_unicode("tô sô mô nô bô lô") == "tơ sơ mơ nơ bơ lơ"
    assert found.encoding is None and "Không phân biệt chắc chắn được" in found.reason


def test_a_file_that_changes_its_encoding_gives_no_answer(tmp_path):
    path = tmp_path / "x.csv"
    others = "Hội đồng, ủy ban, thẩm định, nghiệm thu, bưu chính, viễn thông, khởi kiện, giải quyết, tố cáo, kỷ luật"
    path.write_bytes(encoded(PROSE, "vni") + others.encode())
    assert detect_encoding(path.read_bytes()[:200]).encoding == "vni"
    assert detect_encoding(path.read_bytes()[:200], lambda: line_pieces(path)).encoding is None


@pytest.mark.parametrize(("other", "text"), [("utf-8", "thẩm định"), ("tcvn3", "hội đồng thẩm định nghiệm thu")])
def test_a_few_words_in_another_encoding_are_enough_for_doubt(other, text):
    """Read as VNI they would land as nonsense, however right the rest is."""
    found = detect_encoding(encoded(PROSE, "vni") + encoded(text, other))
    assert found.confidence > encodings.MIN_CONFIDENCE and found.encoding is None
    assert f"Không phân biệt chắc chắn được VNI Windows với {encodings.LABELS[other]}" in found.reason


def test_damaged_lines_do_not_make_another_encoding_of_utf_8():
    assert detect_encoding(PROSE.encode() + b"H99,\xff\xfe,\xe5\n").encoding == "utf-8"


def test_the_whole_is_asked_when_the_head_is_ascii(tmp_path, monkeypatch):
    monkeypatch.setattr(encodings, "CHUNK_BYTES", 100)
    path = tmp_path / "x.csv"
    for encoding in (*OLD, "utf-8"):
        path.write_bytes(b"a;b\n" * 500 + encoded(PROSE, encoding))
        assert detect_encoding(path.read_bytes()[:1000]).encoding == "utf-8"
        assert detect_encoding(path.read_bytes()[:1000], lambda: line_pieces(path)).encoding == encoding


def test_pieces_end_at_line_ends_and_lose_nothing(tmp_path, monkeypatch):
    monkeypatch.setattr(encodings, "CHUNK_BYTES", 10)
    path = tmp_path / "x"
    path.write_bytes(b"123456789\n1234567\n12\n1\n1234")
    pieces = list(line_pieces(path))
    assert b"".join(pieces) == path.read_bytes()
    assert len(pieces) > 1 and all(piece.endswith(b"\n") for piece in pieces[:-1])


# --- as_utf8


def test_as_utf8_gives_the_same_path_or_a_copy(tmp_path):
    path, work = tmp_path / "x.csv", tmp_path / "work"
    work.mkdir()
    for encoding in ("utf-8", "utf-8-sig"):
        path.write_bytes(PROSE.encode(encoding))
        assert as_utf8(path, work) == path
    for encoding in (*OLD, "utf-16-le", "utf-16-be"):
        path.write_bytes(encoded(PROSE, encoding))
        copy = as_utf8(path, work)
        assert copy.parent == work and copy.read_bytes() == PROSE.encode()
    assert path.read_bytes() == encoded(PROSE, "utf-16-be"), "the original is not touched"


def test_as_utf8_refuses_what_it_cannot_tell(tmp_path):
    path = tmp_path / "x.csv"
    path.write_bytes(b"h\xe5 s\xac")
    with pytest.raises(LandingError, match=r"không xác định được bảng mã\. Chỉ có 2 từ ngoài ASCII"):
        as_utf8(path, tmp_path)
