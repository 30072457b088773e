from pathlib import Path


def write_methods_book(folder, build_id, as_of_date):
    p = folder / "so-tay-phuong-phap.html"
    p.write_text("x")
    return p
