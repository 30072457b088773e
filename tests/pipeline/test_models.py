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
    "int_dossiers_due": {"double colon cast"},
    "int_dossier_stops_counted": {"double colon cast"},
    "int_dossier_steps_measured": {"double colon cast"},
    "int_dossier_steps_filled": {"double colon cast"},
    "int_dossier_delays_split": {"double colon cast"},
    "int_late_dossiers_measured": {"double colon cast"},
    "int_survey_answers_judged": {"list types"},
}


def compiled_models(settings) -> dict[str, str]:
    """SQL by model; what dbt compiled of its tests lies deeper, under the name of their YAML file."""
    root = dbt_target(settings) / "compiled" / "cchc" / "models"
    models = [path for path in root.rglob("*.sql") if not any(folder.suffix == ".yml" for folder in path.parents)]
    return {path.stem: path.read_text(encoding="utf-8") for path in models}


def without_relations(sql: str) -> str:
    """Quoted relation names, source readers and comments are dbt's and ours to say, not the model's SQL."""
    sql = re.sub(r"read_parquet\('[^']*'(, union_by_name = true)?\)", "source", sql)
    sql = re.sub(r"--[^\n]*", "", sql)
    return re.sub(r'"\w+"\."\w+"\."\w+"', "relation", sql)


def test_compiled_sql_stays_in_the_portable_set(built_demo):
    models = compiled_models(built_demo)
    assert len(models) > 30
    found = {
        (name, rule)
        for name, sql in models.items()
        for rule, pattern in FORBIDDEN.items()
        if re.search(pattern, without_relations(sql), re.I) and rule not in DISPATCHED.get(name, set())
    }
    assert found == set()


def test_every_order_by_says_where_nulls_go(built_demo):
    lacking = []
    for name, sql in compiled_models(built_demo).items():
        text = without_relations(sql)
        for match in re.finditer(r"order by(.*?)(?=\brows between\b|\)|$)", text, re.S | re.I):
            for part in re.split(r",(?![^(]*\))", match.group(1)):
                if part.strip() and "nulls" not in part.lower():
                    lacking.append((name, part.strip()))
    assert lacking == []


def test_unit_tests_of_the_rules_pass(built_demo):
    run_dbt(["test", "--select", "test_type:unit", "--quiet"], built_demo)
    results = json.loads((dbt_target(built_demo) / "run_results.json").read_text(encoding="utf-8"))["results"]
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
def test_exact_ratio_agrees_with_fractions(built_demo, digits):
    """Half-up rounding of n/d, against Python's exact fractions, on ties and ordinary cases."""
    from fractions import Fraction

    template = Path(built_demo.dbt_project / "macros" / "arithmetic.sql").read_text(encoding="utf-8")
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


@pytest.fixture(scope="module")
def published(built_demo):
    """A function that runs SQL over the published tables of the demo build."""
    folder = current_build(built_demo).folder
    with duckdb.connect() as connection:
        for path in folder.glob("*.parquet"):
            connection.execute(f"create view {path.stem} as from read_parquet('{path}')")
        yield lambda sql: connection.execute(sql).fetchall()


def test_every_unit_has_a_quality_row_for_every_period_that_is_computed(published):
    grid = "select distinct authority_code, unit_code, period_code from {table} {where}"
    values = grid.format(table="fct_indicator_values", where="where origin_code = 'computed'")
    graded = grid.format(table="fct_data_quality", where="")
    assert published(f"({values}) except ({graded})") == published(f"({graded}) except ({values})") == []
    assert published("select count(*) > 1000 from fct_data_quality") == [(True,)]


def test_dossiers_without_due_date_are_their_own_class_in_the_month_they_were_received(published):
    found = published(
        """
        select period_code, unit_code, no_due_date_count from fct_data_quality
        where authority_code = 'H99' and no_due_date_count > 0 and period_code in
          (select period_code from dim_periods where period_kind_code = 'month')
        order by all
        """
    )
    dossiers = "from fct_dossiers where authority_code = 'H99' and due_at is null group by all"
    counted = published(
        f"""
        select strftime(received_date, '%Y-%m') as period_code, resolving_unit_code as unit_code, count(*) {dossiers}
        union all
        select strftime(received_date, '%Y-%m') as period_code, 'H99' as unit_code, count(*) {dossiers}
        order by all
        """
    )
    assert found == counted and found


def test_months_add_up_to_the_year_and_units_to_their_authority(published):
    by_kind = published(
        """
        select p.period_kind_code, q.unit_code = q.authority_code as is_total,
          sum(q.dossier_count), sum(q.flagged_dossier_count), sum(q.no_due_date_count)
        from fct_data_quality as q inner join dim_periods as p using (period_code)
        group by all
        """
    )
    assert len(by_kind) == 16
    assert len({row[2:] for row in by_kind}) == 1
    assert by_kind[0][2:4] > (20_000, 0)


def test_a_delivery_speaks_of_authorities_with_all_its_accepted_rows(published):
    assert (
        published(
            """
            select d.file_name, d.rows_accepted, sum(a.row_count) as row_count
            from fct_deliveries as d left join fct_delivery_authorities as a using (delivery_id)
            group by all having d.rows_accepted is distinct from row_count
            """
        )
        == []
    )


def test_every_checked_rule_is_in_the_register_of_the_build(published):
    assert (
        published(
            """
            select distinct rule_code, rule_text, effect_code from fct_rule_results
            except select rule_code, rule_text, effect_code from dim_rules
            """
        )
        == []
    )


def test_no_join_compares_every_row_with_every_row(built_demo):
    """Quick on the demo, minutes on a province: what a condition on one side of an outer join does."""
    slow = []
    with duckdb.connect(str(built_demo.warehouse_file), read_only=True) as connection:
        for name, sql in compiled_models(built_demo).items():
            if name.startswith("stg_") or "read_parquet" in sql:
                continue
            plan = connection.execute(f"explain (format json) {sql}").fetchall()[0][1]
            if "BLOCKWISE_NL_JOIN" in plan:
                slow.append(name)
    # A thousand numbers against the one row that says how many of them are drawn.
    assert slow == ["int_criterion_weights_drawn"]
