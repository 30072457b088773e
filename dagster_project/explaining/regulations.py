"""What is wrong with the scoring regulations of a build, one sentence each with what to do about it.

Does not belong here: finding a fault (int_regulations_checked, the suites), scores (score).
"""

from __future__ import annotations

from dagster_project.explaining.dossier import Ask


def regulation_faults(
    ask: Ask, authority_code: str | None = None, *, version_code: str | None = None, bloc_code: str | None = None
) -> list[str]:
    """Why regulations score nobody or give no grade; the same fault is told once.

    Of all regulations, or of those of one authority, of one version, of those that score one bloc of units.
    """
    rows = ask(
        """
        select r.regulation_version_code, r.faults_text, r.is_scorable,
          array_to_string(list(r.authority_code order by r.authority_code), ', ') as authority_codes
        from dim_regulations as r
        where (? is null or r.authority_code = ?)
          and (? is null or r.regulation_version_code = ?)
          and (? is null or coalesce(r.unit_bloc_codes, '') = ''
            or position(';' || ? || ';' in ';' || replace(r.unit_bloc_codes, ' ', '') || ';') > 0)
          and (not r.is_scorable or (r.grade_basis_code is not null and not exists (
            select 1 from dim_grades as g
            where g.authority_code = r.authority_code and g.regulation_version_code = r.regulation_version_code
          )))
        group by all
        order by r.regulation_version_code, authority_codes
        """,
        [authority_code, authority_code, version_code, version_code, bloc_code, bloc_code],
    )
    return [_sentence(row) for row in rows]


def _sentence(row: dict) -> str:
    name = f"Quy định {row['regulation_version_code']} ({row['authority_codes']})"
    if row["is_scorable"]:
        return (
            f"{name}: đã nêu cách xếp loại nhưng chưa có thang xếp loại nào, nên không xếp loại ai. "
            "Hãy nạp bảng regulation__grades."
        )
    return f"{name}: không chấm điểm được, vì {row['faults_text']}. Hãy sửa các bảng của quy định rồi nạp lại."
