"""The dbt project as built: unit tests of its rules, portable SQL, documentation that matches the tables."""

from __future__ import annotations

import json
import re
from pathlib import Path

import duckdb
import pytest

from dagster_project.dbt_runs import dbt_target, manifest_path, run_dbt
from dagster_project.publishing.builds import current_build

# What means something else, or nothing, on the second engine (Apache Spark 3.5 and 4.x). The macros hold what differs.
FORBIDDEN = {
    "qualify": r"\bqualify\b",
    "double colon cast": r"::",
    "concat function": r"\bconcat\(",
    "regexp_replace": r"\bregexp_replace\(",
    "day of week": r"\bdayofweek\(|\bextract\(\s*dow\b",
    "safe_cast": r"\bsafe_cast\(",
    "integer division operator": r"(?<!:)//",
    "backslash": r"\\",
    "list types": r"\blist_|\bunnest\(|\barray_agg\(|\bstring_agg\(",
    "strftime": r"\bstrf?ptime\(|\bstrftime\(",
    "star with exclude": r"\*\s*(exclude|except|replace)\s*\(",
    "interval arithmetic": r"\binterval\b",
    "generate_series": r"\bgenerate_series\(",
    "substring from zero": r"\bsubstring\([^,]+,\s*0\s*,",
    "grouping by all": r"\bgroup by all\b",
}
# Where a dispatched macro, ours or dbt's own, compiles to this engine's own words.
DISPATCHED = {
    "int_days_spanned": {"list types", "interval arithmetic", "generate_series"},
    "int_days_classified": {"double colon cast"},
}


def compiled_models(settings) -> dict[str, str]:
    root = dbt_target(settings) / "compiled" / "cchc" / "models"
    return {path.stem: path.read_text(encoding="utf-8") for path in root.rglob("*.sql") if path.parent.suffix != ".yml"}


def without_relations(sql: str) -> str:
    """Quoted relation names, source readers and comments are dbt's and ours to say, not the model's SQL."""
    sql = re.sub(r"read_parquet\('[^']*'(, union_by_name = true)?\)", "source", sql)
    sql = re.sub(r"--[^\n]*", "", sql)
    return re.sub(r'"\w+"\."\w+"\."\w+"', "relation", sql)


def test_compiled_sql_stays_in_the_portable_set(built_real):
    models = compiled_models(built_real)
    assert len(models) > 30
    found = {
        (name, rule)
        for name, sql in models.items()
        for rule, pattern in FORBIDDEN.items()
        if re.search(pattern, without_relations(sql), re.I) and rule not in DISPATCHED.get(name, set())
    }
    assert found == set()


def test_every_order_by_says_where_nulls_go(built_real):
    lacking = []
    for name, sql in compiled_models(built_real).items():
        text = without_relations(sql)
        for match in re.finditer(r"order by(.*?)(?=\brows between\b|\)|$)", text, re.S | re.I):
            for part in re.split(r",(?![^(]*\))", match.group(1)):
                if part.strip() and "nulls" not in part.lower():
                    lacking.append((name, part.strip()))
    assert lacking == []


def test_unit_tests_of_the_rules_pass(built_real):
    run_dbt(["test", "--select", "test_type:unit", "--quiet"], built_real)
    results = json.loads((dbt_target(built_real) / "run_results.json").read_text(encoding="utf-8"))["results"]
    assert len(results) >= 20
    assert {result["status"] for result in results} == {"pass"}


def test_every_published_column_is_documented_and_nothing_else_is(built_demo):
    manifest = json.loads(manifest_path(built_demo).read_text(encoding="utf-8"))
    documented = {
        node["name"]: {name: column["description"] for name, column in node["columns"].items()}
        for node in manifest["nodes"].values()
        if node["resource_type"] == "model" and node["schema"] == "marts"
    }
    folder = current_build(built_demo).folder
    for name, columns in documented.items():
        path = folder / f"{name}.parquet"
        actual = [row[0] for row in duckdb.sql(f"describe select * from '{path}'").fetchall()]
        assert sorted(columns) == sorted(actual), name
        assert all(text.strip() for text in columns.values()), name


def test_descriptions_reach_the_database(built_demo):
    with duckdb.connect(str(built_demo.warehouse_file), read_only=True) as connection:
        missing = connection.execute(
            "select table_name, column_name from duckdb_columns() where schema_name = 'marts' and comment is null"
        ).fetchall()
    assert missing == []


@pytest.mark.parametrize("digits", [2, 6])
def test_exact_ratio_agrees_with_fractions(built_real, digits):
    """Half-up rounding of n/d, against Python's exact fractions, on ties and ordinary cases."""
    from fractions import Fraction

    template = Path(built_real.dbt_project / "macros" / "arithmetic.sql").read_text(encoding="utf-8")
    body = template.split("macro exact_ratio", 1)[1].split("-%}", 1)[1].split("{%- endmacro", 1)[0]
    scale = 10**digits
    pairs = [(n, d) for d in (1, 2, 3, 7, 8, 161, 526, 5535, 597918) for n in (0, 1, d // 2, d - 1, d)]
    pairs += [(1, 2 * scale), (3, 2 * scale), (5, 2 * scale)]
    for name, value in (("numerator", "n"), ("denominator", "d"), ("scale", str(scale))):
        body = body.replace(f"{{{{ {name} }}}}", value)
    values = ", ".join(f"({n}, {d})" for n, d in pairs)
    rows = duckdb.sql(f"select n, d, {body} as r from (values {values}) as t (n, d)").fetchall()
    for n, d, ratio in rows:
        assert ratio == int(Fraction(n * scale, d) + Fraction(1, 2)), (n, d)
