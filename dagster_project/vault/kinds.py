"""What kinds of identity there are. Each is normalised and hashed in its own way."""

from __future__ import annotations

from enum import StrEnum


class Kind(StrEnum):
    """The kind of one identity column."""

    name = "name"
    id_number = "id_number"
    phone = "phone"
    email = "email"
    address = "address"
    account = "account"
    free_text = "free_text"


# Free text says who somebody is only by accident: it is kept and scanned, never hashed.
HASHED_KINDS = (Kind.name, Kind.id_number, Kind.phone, Kind.email, Kind.address, Kind.account)
# What is needed to reach a person. Neither an ID number nor an officer's account is.
CONTACT_KINDS = (Kind.name, Kind.phone, Kind.email, Kind.address)

KIND_NAMES = {
    Kind.name: "Họ tên",
    Kind.id_number: "Số giấy tờ",
    Kind.phone: "Số điện thoại",
    Kind.email: "Thư điện tử",
    Kind.address: "Địa chỉ",
    Kind.account: "Mã cán bộ, tài khoản",
    Kind.free_text: "Ý kiến tự viết",
}
