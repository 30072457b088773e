"""One person, many spellings: normalising, hashing, flags and the scan of free text."""

from __future__ import annotations

import hmac
import unicodedata

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dagster_project.vault import free_text
from dagster_project.vault.flags import is_valid
from dagster_project.vault.hashing import hash_column
from dagster_project.vault.keys import EncryptionKey, KeyRing
from dagster_project.vault.kinds import HASHED_KINDS, Kind
from dagster_project.vault.normalise import normalise
from dagster_project.vault.phone_prefixes import FIXED_PREFIXES, MOBILE_PREFIXES, REPLACED_PREFIXES

pytestmark = pytest.mark.unit

SAME = {
    Kind.name: {
        "dang thi anh": [
            "Đặng Thị Ánh",
            "ĐẶNG  THỊ\u00a0ÁNH ",
            unicodedata.normalize("NFD", "Đặng Thị Ánh"),
            "Ðặng Thị Ánh",  # eth, which old fonts have for Đ
            "đặng\u200b thị ánh.",
            "DANG THI ANH",
            "Ｄặng Thị Ánh",
        ]
    },
    Kind.id_number: {
        "025090012345": ["025090012345", "025 090 012 345", "025.090.012.345", "CCCD: 025090012345", "25090012345"],
        "012345679": ["012345679", "'012345679", "012 345 679 cấp ngày 01/02/2010 tại Phú Thọ"],
        "B1234567": ["B1234567", "b 1234567", "Hộ chiếu B1234567"],
    },
    Kind.phone: {
        "0912345678": [
            "0912345678",
            "0912.345.678",
            "(0912) 345-678",
            "+84 912 345 678",
            "+84 (0) 912 345 678",
            "0084912345678",
            "84912345678",
            "912345678",
            "ĐT: 0912345678",
            "0912345678 / 0987654321",
            "0912345678 - 0987654321",
            "０９１２３４５６７８",
        ],
        "0393334444": ["0393334444", "01693334444", "+84 169 333 4444"],
        "02103846647": ["02103846647", "0210 3846 647", "+84 210 3846647", "2103846647"],
    },
    Kind.email: {
        "a.b@gmail.com": ["a.b@gmail.com", " A.B@Gmail.com ", "mailto:a.b@gmail.com", "Ánh <a.b@gmail.com>;x@y.vn"]
    },
    Kind.address: {
        "12/3 duong hung vuong phuong 5 thanh pho viet tri": [
            "Số nhà 12/3, đường Hùng Vương, phường 5, thành phố Việt Trì",
            "12/3 Đ. Hùng Vương - P.5 - TP Việt Trì",
            "số 12/3 ĐƯỜNG HÙNG VƯƠNG, P5, TP. VIỆT TRÌ",
        ]
    },
    Kind.account: {"cb-03": ["CB-03", " cb - 03 ", "ＣＢ-03", "CB-03\u200b"]},
}
DIFFERENT = {
    Kind.name: ["Nguyễn Văn An", "Nguyễn Văn Ân Phú", "Nguyễn Anh Văn"],
    Kind.id_number: ["B1234567", "C1234567", "025090012345", "025090012346", "2600123456"],
    Kind.phone: ["0912345678", "0912345679", "02103846647"],
    Kind.email: ["a@b.vn", "a@b.com", "ab@b.vn"],
    Kind.address: ["12/3 Hùng Vương", "123 Hùng Vương", "12 Hùng Vương"],
    Kind.account: ["CB-12", "CB-1.2", "CB-1-2", "CB12"],
}
NOTHING = {
    Kind.name: [None, "", "  ", "\u200b", " - ", "..."],
    Kind.id_number: [None, "", " ", "-"],
    Kind.phone: [None, "", "không có", "-"],
    Kind.email: [None, "", "không", "@"],
    Kind.address: [None, "", " ,. "],
    Kind.account: [None, "", " - ", "\u200b"],
}


def ring(first: int = 1) -> KeyRing:
    return KeyRing(
        None, "0" * 16, (EncryptionKey("1" * 16, "2026-01-01T00:00:00+00:00", bytes(32)),), bytes([first] * 32)
    )


def texts(values: list) -> pa.Array:
    return pa.array(values, pa.string())


@pytest.mark.parametrize("kind", SAME, ids=str)
def test_every_spelling_gives_the_one_form_and_the_one_hash(kind):
    for form, spellings in SAME[kind].items():
        assert normalise(kind, texts(spellings)).to_pylist() == [form] * len(spellings)
        assert len(set(hash_column(ring(), kind, texts(spellings)).to_pylist())) == 1


@pytest.mark.parametrize("kind", DIFFERENT, ids=str)
def test_different_people_stay_different(kind):
    values = DIFFERENT[kind]
    assert len(set(hash_column(ring(), kind, texts(values)).to_pylist())) == len(values)


@pytest.mark.parametrize("kind", NOTHING, ids=str)
def test_what_says_nothing_is_null_and_never_one_person(kind):
    assert hash_column(ring(), kind, texts(NOTHING[kind])).null_count == len(NOTHING[kind])


def test_a_hash_is_hmac_sha256_under_a_key_of_its_kind():
    keys = ring()
    (found,) = hash_column(keys, Kind.name, texts(["Đặng Thị Ánh"])).to_pylist()
    assert found == hmac.digest(keys.hash_key(Kind.name), b"dang thi anh", "sha256").hex()[:32]
    same_digits = {hash_column(keys, kind, texts(["012345679"])).to_pylist()[0] for kind in (Kind.name, Kind.id_number)}
    assert len(same_digits) == 2


def test_another_key_file_gives_other_hashes():
    for kind in HASHED_KINDS:
        value = texts([next(iter(SAME[kind].values()))[0]])
        assert hash_column(ring(1), kind, value).to_pylist() != hash_column(ring(2), kind, value).to_pylist()


def test_free_text_is_never_hashed():
    with pytest.raises(ValueError, match="never hashed"):
        hash_column(ring(), Kind.free_text, texts(["x"]))


def test_columns_of_any_text_type_and_in_chunks_hash_alike():
    values = ["Ánh", None, "Ánh", "Bình"]
    expected = hash_column(ring(), Kind.name, texts(values)).to_pylist()
    for column in (
        pa.array(values, pa.large_string()),
        texts(values).dictionary_encode(),
        pa.chunked_array([values[:1], values[1:]], pa.string()),
        texts(["x", *values]).slice(1),
    ):
        assert hash_column(ring(), Kind.name, column).to_pylist() == expected
    assert hash_column(ring(), Kind.name, pa.chunked_array([], pa.string())).to_pylist() == []


@given(st.lists(st.one_of(st.none(), st.text()), max_size=8))
def test_normalising_twice_changes_nothing_and_any_text_is_taken(values):
    clean = [value if value is None else value.encode("utf-8", "ignore").decode() for value in values]
    for kind in (Kind.name, Kind.id_number, Kind.email, Kind.account):
        once = normalise(kind, texts(clean))
        assert normalise(kind, once).to_pylist() == once.to_pylist()
    for kind in HASHED_KINDS:
        assert len(normalise(kind, texts(clean))) == len(clean)


@given(
    st.from_regex(r"0(3[2-9]|9[1346-8])[0-9]{7}", fullmatch=True), st.sampled_from(["+84", "84", "0084", "+84 0", ""])
)
def test_any_mobile_number_is_the_same_with_every_country_code(phone, code):
    assert normalise(Kind.phone, texts([code + phone[1:]])).to_pylist() == [phone]


@pytest.mark.parametrize(
    ("kind", "value", "expected"),
    [
        (Kind.phone, "0912 345 678", True),
        (Kind.phone, "0169 333 4444", True),
        (Kind.phone, "0210 3846 647", True),
        (Kind.phone, "0123456789", False),
        (Kind.phone, "091234567", False),
        (Kind.phone, "09123456789", False),
        (Kind.phone, "0900000000", False),
        (Kind.phone, "không có", False),
        (Kind.phone, "+1 202 555 0100", False),
        (Kind.phone, " \u200b", None),
        (Kind.phone, None, None),
        (Kind.id_number, "025 090 012 345", True),
        (Kind.id_number, "131234567", True),
        (Kind.id_number, "000000001", False),
        (Kind.id_number, "111111111", False),
        (Kind.id_number, "025490012345", False),
        (Kind.id_number, "125090012345", False),
        (Kind.id_number, "13123456", False),
        (Kind.id_number, "B1234567", False),
        (Kind.id_number, "", None),
        (Kind.email, "A.B@Gmail.com", True),
        (Kind.email, "a@b", False),
        (Kind.email, "không", False),
        (Kind.email, None, None),
    ],
)
def test_validity(kind, value, expected):
    assert is_valid(kind, texts([value])).to_pylist() == [expected]


def test_prefixes_are_whole_and_none_claims_to_be_confirmed():
    every = [row.prefix for row in (*MOBILE_PREFIXES, *FIXED_PREFIXES)]
    assert len(set(every)) == len(every)
    assert {row.new for row in REPLACED_PREFIXES} <= {row.prefix for row in MOBILE_PREFIXES}
    assert not any(row.is_confirmed for row in (*MOBILE_PREFIXES, *FIXED_PREFIXES, *REPLACED_PREFIXES))


@pytest.mark.parametrize(
    ("text", "flags"),
    [
        ("sđt 0912 345 678 nhé", {"has_phone"}),
        ("gọi 01689.333.444", {"has_phone"}),
        ("máy bàn 0210 3846 647", {"has_phone"}),
        ("CCCD 025090012345", {"has_id_number"}),
        ("số 025 090 012 345.", {"has_id_number"}),
        ("cmnd131234567", {"has_id_number"}),
        ("thư a.b@c.vn", {"has_email"}),
        ("anh (at) gmail.com", {"has_email"}),
        ("Nộp 07.01.2026 08:15, hẹn 09-12-2026 10h", set()),
        ("hồ sơ 000.00.09.H44-260101-0912", set()),
        ("nộp 1.200.000 đồng", set()),
        ("Cán bộ nhiệt tình", set()),
    ],
)
def test_scan_of_free_text(text, flags):
    found = {flag for flag, column in free_text.scan(texts([text])).items() if column.to_pylist() == [True]}
    assert found == flags


def test_no_text_is_no_answer():
    assert all(column.to_pylist() == [None] for column in free_text.scan(texts([None])).values())
