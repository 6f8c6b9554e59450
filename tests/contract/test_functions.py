"""What holds for all functions at once."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from pgcredits import migrate

if TYPE_CHECKING:
    from tests.contract.catalogue import Rows

PATH = ["search_path=pg_catalog, pg_temp"]
GENERIC = ["plan_cache_mode=force_generic_plan"]
FOLDERS = {"api": "credits", "private": "credits_private"}


def _is_read(function: dict[str, Any]) -> bool:
    name: str = function["name"]
    return name.startswith(("get_", "list_", "my_")) or name in {
        "audit_access",
        "balance_at",
        "explain_spend",
        "rebuild",
        "schema_version",
        "simulate_spend",
        "check_feature",
        "quote_feature",
        "verify",
        "verify_page",
        "verify_seals",
    }


def _api(catalogue: Rows) -> list[dict[str, Any]]:
    found = [f for f in catalogue.functions() if f["schema"] == "credits"]
    assert found
    return found


def test_the_functions_are_those_of_the_files(catalogue: Rows) -> None:
    files = {
        (FOLDERS[path.parent.name], path.stem)
        for path in (migrate.sql_root() / "functions").glob("*/*.sql")
    }
    assert {(f["schema"], f["name"]) for f in catalogue.functions()} == files
    assert {f["kind"] for f in catalogue.functions()} == {"f"}


def test_one_signature_a_name(catalogue: Rows) -> None:
    counts = Counter(f["name"] for f in catalogue.functions())
    assert [name for name, count in counts.items() if count > 1] == []


def test_everything_belongs_to_the_owner(catalogue: Rows) -> None:
    things = [*catalogue.functions(), *catalogue.relations(), *catalogue.types()]
    assert [t for t in things if t["owner"] != "credits_owner"] == []
    schemas = catalogue.ask(
        "select nspname, pg_get_userbyid(nspowner) as owner from pg_namespace"
        " where nspname in ('credits', 'credits_private')"
    )
    assert [row["owner"] for row in schemas] == ["credits_owner"] * 2


def test_the_path_is_pinned(catalogue: Rows) -> None:
    """Private SQL helpers with the rights of the caller may be inlined and have no path.

    Beside it stands nothing but, in private functions, the wish for generic plans.
    """
    wrong = [
        f["signature"]
        for f in catalogue.functions()
        if f["config"] != PATH
        and not (f["config"] == PATH + GENERIC and f["schema"] == "credits_private")
        and not (
            f["config"] is None
            and f["schema"] == "credits_private"
            and f["language"] == "sql"
            and not f["is_definer"]
        )
    ]
    assert wrong == []


def test_only_the_api_runs_as_the_owner(catalogue: Rows) -> None:
    wrong = [
        f["signature"]
        for f in catalogue.functions()
        if f["is_definer"] != (f["schema"] == "credits")
    ]
    assert wrong == []


def test_reads_are_stable_and_commands_volatile(catalogue: Rows) -> None:
    wrong = {
        f["name"]: f["volatility"]
        for f in _api(catalogue)
        if f["volatility"] != ("s" if _is_read(f) else "v")
    }
    assert wrong == {}


def test_reads_may_run_in_parallel_and_commands_not(catalogue: Rows) -> None:
    wrong = {
        f["name"]: f["parallel"]
        for f in _api(catalogue)
        if f["parallel"] != ("s" if _is_read(f) else "u")
    }
    assert wrong == {}


def test_nothing_that_can_write_is_called_parallel_safe(catalogue: Rows) -> None:
    """Only the clock is volatile and safe: it reads the time and nothing else."""
    wrong = [
        f["name"]
        for f in catalogue.functions()
        if f["volatility"] == "v" and f["parallel"] != "u" and f["name"] != "clock"
    ]
    assert wrong == []


def test_plain_arguments(catalogue: Rows) -> None:
    wrong = [
        f["signature"]
        for f in catalogue.functions()
        if f["is_variadic"] or f["is_strict"] or (f["has_out_arguments"] and f["language"] != "sql")
    ]
    assert wrong == []
    assert [f["signature"] for f in _api(catalogue) if f["has_out_arguments"]] == []


def test_arguments_of_the_api_have_built_in_types(catalogue: Rows) -> None:
    foreign = catalogue.ask(
        "select p.oid::regprocedure::text, t.oid::regtype::text"
        "  from pg_proc p"
        "  cross join unnest(p.proargtypes::oid[]) as a (type)"
        "  join pg_type t on t.oid = a.type"
        " where p.pronamespace = 'credits'::regnamespace"
        "   and t.typnamespace <> 'pg_catalog'::regnamespace"
    )
    assert foreign == []


def test_the_account_is_the_first_argument(catalogue: Rows) -> None:
    rows = catalogue.ask(
        "select p.proname, p.proargnames from pg_proc p"
        " where p.pronamespace = 'credits'::regnamespace and p.pronargs > 0"
    )
    for row in rows:
        names = row["proargnames"]
        assert all(name.startswith("p_") for name in names), row["proname"]
        assert "p_account_id" not in names[1:], row["proname"]


def test_the_api_returns_its_own_row_types(catalogue: Rows) -> None:
    wrong = [f["signature"] for f in _api(catalogue) if f["result_schema"] != "credits"]
    assert wrong == []


# Lists by another name.
_LISTS = {
    "audit_access",
    "explain_spend",
    "my_entries",
    "my_lots",
    "rebuild",
    "verify",
    "verify_seals",
}


def test_only_lists_and_verify_return_several_rows(catalogue: Rows) -> None:
    wrong = [
        f["signature"]
        for f in _api(catalogue)
        if f["returns_set"] != (f["name"].startswith("list_") or f["name"] in _LISTS)
    ]
    assert wrong == []


def test_every_api_function_has_a_comment(catalogue: Rows) -> None:
    assert [f["signature"] for f in _api(catalogue) if not f["comment"]] == []


def test_every_type_has_a_comment(catalogue: Rows) -> None:
    types = catalogue.types()
    assert "credits.receipt" in {t["name"] for t in types}
    assert [t["name"] for t in types if not t["comment"]] == []
