"""The units of today and the procedures of the invented province, and the register of procedures.

Names are sample names on purpose; procedure codes start with 9, which no real procedure does.
Does not belong here: random numbers, dossiers.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
import polars as pl

AUTHORITY = "H99"
AUTHORITY_NAME = "Tỉnh Mẫu"
VALID_FROM = "01/01/2019"
REVISED_ON = date(2026, 1, 1)  # the day the shortened limits below took effect
LEGAL_BASIS = "Dữ liệu giả lập, không có thật"
BLOC_NAMES = {
    "authority": "Toàn tỉnh",
    "department": "Sở, ban, ngành",
    "vertical_agency": "Cơ quan ngành dọc",
    "district": "Huyện, thị xã, thành phố",
    "commune": "Xã, phường, đặc khu",
}
LIMIT_NAMES = {"wd": "Ngày làm việc", "cd": "Ngày", "wh": "Giờ làm việc"}
LEVEL_NAMES = {"full": "Toàn trình", "partial": "Một phần", "info": "Cung cấp thông tin"}

# (unit name, short name, relative volume)
DEPARTMENTS = [
    ("Sở Nội vụ", "Sở Nội vụ", 1.6),
    ("Sở Tư pháp", "Sở Tư pháp", 2.4),
    ("Sở Tài chính", "Sở Tài chính", 2.6),
    ("Sở Công Thương", "Sở Công Thương", 1.5),
    ("Sở Nông nghiệp và Môi trường", "Sở NN&MT", 6.0),
    ("Sở Xây dựng", "Sở Xây dựng", 3.2),
    ("Sở Khoa học và Công nghệ", "Sở KH&CN", 0.4),
    ("Sở Giáo dục và Đào tạo", "Sở GD&ĐT", 0.7),
    ("Sở Y tế", "Sở Y tế", 1.3),
    ("Sở Văn hóa, Thể thao và Du lịch", "Sở VH,TT&DL", 0.5),
    ("Sở Dân tộc và Tôn giáo", "Sở DT&TG", 0.1),
    ("Ban Quản lý các khu công nghiệp", "BQL các KCN", 0.3),
]
AGENCIES = [
    ("Thuế", "Thuế", 3.0),
    ("Hải quan", "Hải quan", 0.8),
    ("Công an", "Công an", 4.0),
    ("Kho bạc Nhà nước", "Kho bạc", 0.6),
    ("Bảo hiểm xã hội", "BHXH", 2.6),
    ("Ngân hàng Nhà nước", "NHNN", 0.1),
]
COMMUNE_STEMS = ["An", "Bình", "Cát", "Đông", "Giang", "Hòa", "Kim", "Long", "Minh", "Nam", "Sơn", "Thanh"]
COMMUNE_COUNT = 120
WARD_COUNT = 35

# owner (unit name or "commune"), domain, name, limit, limit unit, online level, fee in dong, weight
PROCEDURES = [
    ("Sở Nội vụ", "Người có công", "Hưởng chế độ ưu đãi người có công", 15, "wd", "partial", 0, 3),
    ("Sở Nội vụ", "Việc làm", "Cấp giấy phép lao động cho người nước ngoài", 5, "wd", "full", 600_000, 2),
    ("Sở Nội vụ", "Tổ chức phi chính phủ", "Công nhận điều lệ hội", 20, "wd", "partial", 0, 0.4),
    ("Sở Nội vụ", "Thi đua, khen thưởng", "Tặng bằng khen của cấp tỉnh", 25, "cd", "full", 0, 1),
    ("Sở Tư pháp", "Lý lịch tư pháp", "Cấp phiếu lý lịch tư pháp", 10, "cd", "full", 200_000, 8),
    ("Sở Tư pháp", "Quốc tịch", "Xác nhận có quốc tịch Việt Nam", 20, "wd", "partial", 100_000, 0.3),
    ("Sở Tư pháp", "Công chứng", "Đăng ký tập sự hành nghề công chứng", 7, "wd", "full", 0, 0.6),
    (
        "Sở Tư pháp",
        "Luật sư",
        "Đăng ký hoạt động của tổ chức hành nghề luật sư",
        10,
        "wd",
        "full",
        50_000,
        0.4,
    ),
    ("Sở Tài chính", "Đăng ký doanh nghiệp", "Đăng ký thành lập doanh nghiệp", 3, "wd", "full", 50_000, 5),
    (
        "Sở Tài chính",
        "Đăng ký doanh nghiệp",
        "Thay đổi nội dung đăng ký doanh nghiệp",
        3,
        "wd",
        "full",
        50_000,
        8,
    ),
    ("Sở Tài chính", "Đầu tư", "Cấp giấy chứng nhận đăng ký đầu tư", 15, "wd", "partial", 0, 0.6),
    ("Sở Tài chính", "Quản lý giá", "Kê khai giá hàng hóa, dịch vụ", 1, "wd", "full", 0, 1),
    ("Sở Công Thương", "Xúc tiến thương mại", "Thông báo hoạt động khuyến mại", 1, "wd", "full", 0, 6),
    ("Sở Công Thương", "Lưu thông hàng hóa", "Cấp giấy phép bán buôn rượu", 10, "wd", "full", 1_100_000, 0.7),
    (
        "Sở Công Thương",
        "Hóa chất",
        "Cấp giấy chứng nhận đủ điều kiện sản xuất hóa chất",
        12,
        "wd",
        "full",
        0,
        0.5,
    ),
    ("Sở Công Thương", "Điện", "Cấp giấy phép hoạt động điện lực", 15, "wd", "full", 800_000, 0.4),
    (
        "Sở Nông nghiệp và Môi trường",
        "Đất đai",
        "Đăng ký biến động quyền sử dụng đất",
        10,
        "wd",
        "partial",
        80_000,
        9,
    ),
    (
        "Sở Nông nghiệp và Môi trường",
        "Đất đai",
        "Cấp đổi giấy chứng nhận quyền sử dụng đất",
        7,
        "wd",
        "partial",
        50_000,
        5,
    ),
    ("Sở Nông nghiệp và Môi trường", "Đất đai", "Đăng ký biện pháp bảo đảm", 8, "wh", "full", 80_000, 9),
    ("Sở Nông nghiệp và Môi trường", "Môi trường", "Cấp giấy phép môi trường", 20, "wd", "full", 0, 0.5),
    (
        "Sở Nông nghiệp và Môi trường",
        "Thú y",
        "Cấp giấy kiểm dịch động vật vận chuyển",
        1,
        "wd",
        "partial",
        40_000,
        3,
    ),
    (
        "Sở Nông nghiệp và Môi trường",
        "Tài nguyên nước",
        "Cấp giấy phép khai thác nước dưới đất",
        30,
        "cd",
        "full",
        0,
        0.4,
    ),
    ("Sở Xây dựng", "Đường bộ", "Đổi giấy phép lái xe", 5, "wd", "full", 135_000, 10),
    ("Sở Xây dựng", "Vận tải", "Cấp phù hiệu xe ô tô kinh doanh vận tải", 2, "wd", "full", 0, 7),
    (
        "Sở Xây dựng",
        "Hoạt động xây dựng",
        "Cấp giấy phép xây dựng công trình",
        20,
        "cd",
        "partial",
        150_000,
        1,
    ),
    ("Sở Xây dựng", "Hoạt động xây dựng", "Thẩm định báo cáo nghiên cứu khả thi", 20, "wd", "full", 0, 0.8),
    ("Sở Xây dựng", "Nhà ở", "Xác nhận đủ điều kiện mua nhà ở xã hội", 7, "wd", "full", 0, 0.6),
    (
        "Sở Khoa học và Công nghệ",
        "Viễn thông",
        "Cấp giấy chứng nhận điểm trò chơi điện tử",
        10,
        "wd",
        "full",
        0,
        1,
    ),
    (
        "Sở Khoa học và Công nghệ",
        "An toàn bức xạ",
        "Cấp giấy phép sử dụng thiết bị X-quang",
        15,
        "cd",
        "full",
        0,
        1,
    ),
    (
        "Sở Khoa học và Công nghệ",
        "Báo chí, xuất bản",
        "Cấp giấy phép xuất bản bản tin",
        8,
        "wd",
        "full",
        0,
        0.6,
    ),
    ("Sở Giáo dục và Đào tạo", "Văn bằng", "Cấp bản sao văn bằng từ sổ gốc", 8, "wh", "full", 0, 6),
    ("Sở Giáo dục và Đào tạo", "Văn bằng", "Chỉnh sửa nội dung văn bằng", 5, "wd", "full", 0, 2),
    (
        "Sở Giáo dục và Đào tạo",
        "Giáo dục trung học",
        "Chuyển trường đối với học sinh trung học",
        2,
        "wd",
        "partial",
        0,
        2,
    ),
    (
        "Sở Y tế",
        "Khám bệnh, chữa bệnh",
        "Cấp giấy phép hành nghề khám bệnh, chữa bệnh",
        25,
        "wd",
        "full",
        430_000,
        3,
    ),
    ("Sở Y tế", "Dược phẩm", "Cấp chứng chỉ hành nghề dược", 10, "wd", "full", 500_000, 3),
    (
        "Sở Y tế",
        "An toàn thực phẩm",
        "Cấp giấy chứng nhận đủ điều kiện an toàn thực phẩm",
        15,
        "wd",
        "full",
        700_000,
        2,
    ),
    ("Sở Y tế", "Bảo trợ xã hội", "Thành lập cơ sở trợ giúp xã hội", 7, "wd", "partial", 0, 0.3),
    (
        "Sở Văn hóa, Thể thao và Du lịch",
        "Du lịch",
        "Cấp thẻ hướng dẫn viên du lịch",
        10,
        "wd",
        "full",
        650_000,
        2,
    ),
    (
        "Sở Văn hóa, Thể thao và Du lịch",
        "Quảng cáo",
        "Thông báo sản phẩm quảng cáo trên bảng",
        5,
        "wd",
        "full",
        0,
        3,
    ),
    (
        "Sở Văn hóa, Thể thao và Du lịch",
        "Thể dục thể thao",
        "Cấp giấy chứng nhận kinh doanh thể thao",
        5,
        "wd",
        "full",
        0,
        1,
    ),
    ("Sở Dân tộc và Tôn giáo", "Tôn giáo", "Đăng ký hoạt động tín ngưỡng", 15, "cd", "partial", 0, 2),
    ("Sở Dân tộc và Tôn giáo", "Tôn giáo", "Thông báo thay đổi người đại diện", 10, "wd", "full", 0, 1),
    (
        "Ban Quản lý các khu công nghiệp",
        "Đầu tư",
        "Điều chỉnh giấy chứng nhận đăng ký đầu tư",
        10,
        "wd",
        "full",
        0,
        2,
    ),
    (
        "Ban Quản lý các khu công nghiệp",
        "Lao động",
        "Đăng ký nội quy lao động của doanh nghiệp",
        7,
        "wd",
        "full",
        0,
        2,
    ),
    ("Thuế", "Thuế", "Đăng ký thuế lần đầu", 3, "wd", "full", 0, 6),
    ("Thuế", "Thuế", "Hoàn thuế thu nhập cá nhân", 6, "wd", "full", 0, 5),
    ("Thuế", "Thuế", "Xác nhận nghĩa vụ thuế", 5, "wd", "full", 0, 3),
    ("Hải quan", "Hải quan", "Xác nhận trước xuất xứ hàng hóa", 8, "wh", "full", 0, 5),
    ("Hải quan", "Hải quan", "Công nhận địa điểm tập kết hàng hóa", 10, "wd", "full", 0, 1),
    ("Công an", "Cư trú", "Đăng ký tạm trú", 3, "wd", "full", 10_000, 9),
    ("Công an", "Cấp, quản lý căn cước", "Cấp đổi thẻ căn cước", 7, "wd", "partial", 50_000, 9),
    ("Công an", "Xuất nhập cảnh", "Cấp hộ chiếu phổ thông", 8, "wd", "full", 200_000, 5),
    ("Kho bạc Nhà nước", "Kho bạc", "Đăng ký mở tài khoản tại kho bạc", 2, "wd", "full", 0, 3),
    ("Kho bạc Nhà nước", "Kho bạc", "Kiểm soát thanh toán vốn đầu tư", 2, "wd", "full", 0, 6),
    ("Bảo hiểm xã hội", "Thu bảo hiểm xã hội", "Cấp lại sổ bảo hiểm xã hội", 5, "wd", "full", 0, 5),
    ("Bảo hiểm xã hội", "Chính sách bảo hiểm", "Hưởng bảo hiểm xã hội một lần", 5, "wd", "full", 0, 6),
    ("Bảo hiểm xã hội", "Chính sách bảo hiểm", "Giải quyết chế độ thai sản", 3, "wd", "full", 0, 6),
    ("Ngân hàng Nhà nước", "Ngoại hối", "Xác nhận đăng ký khoản vay nước ngoài", 12, "wd", "full", 0, 2),
    (
        "Ngân hàng Nhà nước",
        "Thành lập và hoạt động ngân hàng",
        "Chấp thuận thay đổi địa điểm phòng giao dịch",
        20,
        "wd",
        "partial",
        0,
        1,
    ),
    ("commune", "Hộ tịch", "Đăng ký khai sinh", 8, "wh", "full", 8_000, 9),
    ("commune", "Hộ tịch", "Đăng ký khai tử", 8, "wh", "full", 0, 4),
    ("commune", "Hộ tịch", "Đăng ký kết hôn", 8, "wh", "partial", 0, 4),
    ("commune", "Hộ tịch", "Cấp giấy xác nhận tình trạng hôn nhân", 3, "wd", "full", 15_000, 7),
    ("commune", "Hộ tịch", "Cấp bản sao trích lục hộ tịch", 8, "wh", "full", 8_000, 9),
    ("commune", "Hộ tịch", "Thay đổi, cải chính hộ tịch", 3, "wd", "partial", 28_000, 2),
    ("commune", "Chứng thực", "Chứng thực bản sao từ bản chính", 8, "wh", "partial", 10_000, 16),
    ("commune", "Chứng thực", "Chứng thực hợp đồng, giao dịch", 2, "wd", "info", 50_000, 4),
    ("commune", "Chứng thực", "Chứng thực chữ ký", 8, "wh", "info", 10_000, 3),
    ("commune", "Đất đai", "Cấp giấy chứng nhận quyền sử dụng đất lần đầu", 20, "wd", "partial", 100_000, 3),
    ("commune", "Đất đai", "Chuyển mục đích sử dụng đất", 15, "wd", "partial", 100_000, 2),
    ("commune", "Đất đai", "Xác nhận tình trạng tranh chấp đất đai", 10, "cd", "partial", 0, 2),
    ("commune", "Hoạt động xây dựng", "Cấp giấy phép xây dựng nhà ở riêng lẻ", 15, "cd", "full", 75_000, 3),
    ("commune", "Bảo trợ xã hội", "Hưởng trợ cấp xã hội hằng tháng", 10, "wd", "full", 0, 4),
    ("commune", "Bảo trợ xã hội", "Hỗ trợ chi phí mai táng", 5, "wd", "full", 0, 2),
    ("commune", "Bảo trợ xã hội", "Xác định mức độ khuyết tật", 25, "wd", "full", 0, 1),
    ("commune", "Người có công", "Hỗ trợ thân nhân người có công", 12, "wd", "partial", 0, 1),
    ("commune", "Hộ kinh doanh", "Đăng ký thành lập hộ kinh doanh", 3, "wd", "full", 100_000, 4),
    ("commune", "Hộ kinh doanh", "Chấm dứt hoạt động hộ kinh doanh", 3, "wd", "full", 0, 1.5),
    ("commune", "Giáo dục mầm non", "Cho phép nhóm trẻ độc lập hoạt động", 10, "wd", "full", 0, 0.3),
    ("commune", "Nông nghiệp", "Chuyển đổi cơ cấu cây trồng trên đất lúa", 5, "wd", "full", 0, 0.8),
]
# Limits that were longer before REVISED_ON, by procedure name.
OLD_LIMITS = {
    "Cấp phiếu lý lịch tư pháp": 15,
    "Cấp giấy phép hành nghề khám bệnh, chữa bệnh": 30,
    "Cấp giấy chứng nhận quyền sử dụng đất lần đầu": 30,
    "Cấp giấy xác nhận tình trạng hôn nhân": 5,
    "Hưởng bảo hiểm xã hội một lần": 10,
}


@dataclass(frozen=True)
class Units:
    """One entry per unit (departments, then agencies, then communes), same order in every array."""

    codes: list[str]
    names: list[str]
    short_names: list[str]
    blocs: np.ndarray
    volumes: np.ndarray
    section_counts: np.ndarray

    def __len__(self) -> int:
        """Number of units."""
        return len(self.codes)


@dataclass(frozen=True)
class Procedures:
    """One entry per procedure; ``owner`` is a unit index, or -1 for the procedures of every commune.

    ``limit`` and ``old_limit`` count ``limit_unit`` (wd working days, cd calendar days, wh working hours).
    """

    codes: list[str]
    names: list[str]
    domains: list[str]
    owner: np.ndarray
    limit: np.ndarray
    old_limit: np.ndarray
    limit_unit: np.ndarray
    online: np.ndarray
    fee: np.ndarray
    weight: np.ndarray
    section: np.ndarray

    def __len__(self) -> int:
        """Number of procedures."""
        return len(self.codes)


def _communes() -> list[tuple[str, str]]:
    names = []
    for index in range(COMMUNE_COUNT - 1):
        stem, number = COMMUNE_STEMS[index % len(COMMUNE_STEMS)], index // len(COMMUNE_STEMS) + 1
        kind, short = ("Phường", "P.") if index < WARD_COUNT else ("Xã", "Xã")
        names.append((f"{kind} {stem} Mẫu {number:02d}", f"{short} {stem} Mẫu {number:02d}"))
    return [*names, ("Đặc khu Đảo Mẫu", "ĐK Đảo Mẫu")]


def build_units() -> Units:
    """The 138 units with their relative volumes (communes get theirs from the random world, here 1)."""
    departments = [(f"H99.{i + 1:02d}", f"{n} tỉnh Mẫu", s, v) for i, (n, s, v) in enumerate(DEPARTMENTS)]
    agencies = [(f"H99.{i + 21:02d}", f"{n} tỉnh Mẫu", s, v) for i, (n, s, v) in enumerate(AGENCIES)]
    communes = [(f"H99.{i + 101}", name, short, 1.0) for i, (name, short) in enumerate(_communes())]
    rows = departments + agencies + communes
    blocs = ["department"] * len(departments) + ["vertical_agency"] * len(agencies) + ["commune"] * len(communes)
    sections = [6] * len(departments) + [4] * len(agencies) + [3] * len(communes)
    return Units(
        codes=[row[0] for row in rows],
        names=[row[1] for row in rows],
        short_names=[row[2] for row in rows],
        blocs=np.array(blocs),
        volumes=np.array([row[3] for row in rows]),
        section_counts=np.array(sections),
    )


def build_procedures() -> Procedures:
    """All procedures, with the owner resolved to a unit index."""
    owners = {name: index for index, (name, _, _) in enumerate(DEPARTMENTS + AGENCIES)}
    domains = [row[1] for row in PROCEDURES]
    numbered = {domain: index for index, domain in enumerate(dict.fromkeys(domains))}
    return Procedures(
        codes=[f"9.{index + 1:06d}.000.00.00.{AUTHORITY}" for index in range(len(PROCEDURES))],
        names=[row[2] for row in PROCEDURES],
        domains=domains,
        owner=np.array([owners.get(row[0], -1) for row in PROCEDURES]),
        limit=np.array([row[3] for row in PROCEDURES]),
        old_limit=np.array([OLD_LIMITS.get(row[2], row[3]) for row in PROCEDURES]),
        limit_unit=np.array([row[4] for row in PROCEDURES]),
        online=np.array([row[5] for row in PROCEDURES]),
        fee=np.array([row[6] for row in PROCEDURES]),
        weight=np.array([float(row[7]) for row in PROCEDURES]),
        section=np.array([numbered[domain] for domain in domains]),
    )


def procedure_registry(procedures: Procedures) -> pl.DataFrame:
    """One row per version of a procedure; a shortened limit is a second version from REVISED_ON."""
    rows = []
    for index in range(len(procedures)):
        old, new = int(procedures.old_limit[index]), int(procedures.limit[index])
        if old == new:
            rows.append((index, new, VALID_FROM, None))
        else:
            rows.append((index, old, VALID_FROM, "31/12/2025"))
            rows.append((index, new, f"{REVISED_ON:%d/%m/%Y}", None))
    picked = [row[0] for row in rows]
    return pl.DataFrame(
        {
            "Mã địa phương": [AUTHORITY] * len(rows),
            "Mã TTHC": [procedures.codes[i] for i in picked],
            "Tên TTHC": [procedures.names[i] for i in picked],
            "Lĩnh vực": [procedures.domains[i] for i in picked],
            "Cấp giải quyết": ["Cấp xã" if procedures.owner[i] < 0 else "Cấp tỉnh" for i in picked],
            "Thời hạn giải quyết": [str(row[1]) for row in rows],
            "Đơn vị tính": [LIMIT_NAMES[procedures.limit_unit[i]] for i in picked],
            "Mức độ DVC": [LEVEL_NAMES[procedures.online[i]] for i in picked],
            "Phí, lệ phí": ["Có" if procedures.fee[i] else "Không" for i in picked],
            "Có hiệu lực từ ngày": [row[2] for row in rows],
            "Đến hết ngày": pl.Series([row[3] for row in rows], dtype=pl.String),
        }
    )
