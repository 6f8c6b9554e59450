"""Who may do what, asked from the server role by role."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest

from pgcredits import migrate
from tests.contract.catalogue import OURS, Rows
from tests.contract.conftest import STRANGER, SUPABASE_ROLES

READS = {
    "audit_access",
    "check_feature",
    "get_backlog",
    "balance_at",
    "explain_spend",
    "get_balance",
    "get_seal",
    "list_entries",
    "list_expiring",
    "list_features",
    "list_holds",
    "list_lots",
    "list_member_usage",
    "list_rate_cards",
    "list_seals",
    "list_stripe_backlog",
    "list_stripe_objects",
    "list_stripe_runs",
    "get_stripe_buyer",
    "list_stripe_events",
    "list_subscriptions",
    "rebuild",
    "simulate_spend",
    "quote_feature",
    "verify",
    "verify_page",
    "verify_seals",
    "schema_version",
}
SERVICE = READS | {
    "open_account",
    "grant_credits",
    "add_purchased_credits",
    "add_subscription_credits",
    "renew_subscription",
    "record_payment",
    "start_trial",
    "change_subscription",
    "cancel_subscription",
    "set_subscription_status",
    "grant_due",
    "clawback_credits",
    "deduct_credit",
    "deduct_credits_batch",
    "refund_spend",
    "hold_credits",
    "hold_feature",
    "capture_feature",
    "use_feature",
    "capture_hold",
    "release_hold",
    "extend_hold",
    "set_member_cap",
    "expire_subscription_credits",
    "expire_due",
    "purge_stripe_events",
    "retry_stripe_event",
    "add_stripe_line_items",
    "mirror_stripe_object",
    "record_stripe_run",
    "link_customer",
    "link_payment",
    "claim_payment",
    "seal_due",
    "transfer_credits",
    "merge_accounts",
}
MATRIX: dict[str, set[str]] = {
    "credits_service": SERVICE,
    "credits_admin": READS
    | {"link_customer", "link_payment", "claim_payment"}
    | {"dismiss_stripe_event", "purge_stripe_events", "retry_stripe_event"}
    | {"mirror_stripe_object", "record_stripe_run", "ingest_stripe_event"}
    | {"set_stripe_price", "clawback_credits", "grant_credits", "set_member_cap"}
    | {"expire_due", "grant_due", "seal_due"}
    | {"define_feature", "set_rate_card"}
    | {"adjust_balance", "close_account", "freeze_account", "unfreeze_account"}
    | {"transfer_credits", "merge_accounts", "erase_metadata"}
    | {"repair_account"},
    "credits_webhook": {
        "ingest_stripe_event",
        "add_stripe_line_items",
        "get_stripe_buyer",
        "schema_version",
    },
    "credits_reader": READS,
    "credits_user": {"my_balance", "my_entries", "my_lots"},
}
NOBODY: dict[str, set[str]] = {STRANGER: set(), "anon": set(), "authenticated": set()}
ON_SUPABASE = (
    MATRIX
    | NOBODY
    | {
        "service_role": SERVICE,
        "authenticated": MATRIX["credits_user"],
    }
)

_EXECUTABLE = """
select n.nspname || '.' || p.proname as name
  from pg_proc p
  join pg_namespace n on n.oid = p.pronamespace
 where n.nspname in ('credits', 'credits_private')
   and has_function_privilege(%s, p.oid, 'execute')
"""
_TABLE_RIGHTS = """
select c.oid::regclass::text as name, r.rolname
  from pg_class c
  join pg_namespace n on n.oid = c.relnamespace
  join pg_roles r on r.rolname = any (%s)
 where n.nspname in ('credits', 'credits_private') and c.relkind in ('r', 'p', 'v', 'm', 'f')
   and (has_table_privilege(r.oid, c.oid, 'delete, truncate, trigger')
        or has_any_column_privilege(r.oid, c.oid, 'select, insert, update, references'))
"""
# Everybody to whom anything in or about the two schemas is granted, whether or not the role is
# known here. An absent list of rights means the default: nothing on tables, EXECUTE on functions
# and USAGE on types for PUBLIC.
_GRANTEES = """
with lists (kind, name, owner, acl) as (
    select 'schema', n.nspname, n.nspowner, coalesce(n.nspacl, acldefault('n', n.nspowner))
      from pg_namespace n where n.nspname in ('credits', 'credits_private')
    union all
    select 'relation', c.relname, c.relowner, coalesce(c.relacl, acldefault('r', c.relowner))
      from pg_class c join pg_namespace n on n.oid = c.relnamespace
     where n.nspname in ('credits', 'credits_private') and c.relkind in ('r', 'p', 'v', 'm', 'f')
    union all
    select 'column', c.relname || '.' || a.attname, c.relowner, a.attacl
      from pg_attribute a
      join pg_class c on c.oid = a.attrelid
      join pg_namespace n on n.oid = c.relnamespace
     where n.nspname in ('credits', 'credits_private')
    union all
    select 'function', p.proname, p.proowner, coalesce(p.proacl, acldefault('f', p.proowner))
      from pg_proc p join pg_namespace n on n.oid = p.pronamespace
     where n.nspname in ('credits', 'credits_private')
)
select l.kind, l.name, case x.grantee when 0 then 'public' else x.grantee::regrole::text end as to
  from lists l
  cross join aclexplode(l.acl) as x
 where x.grantee <> l.owner
"""


def _check_matrix(rows: Rows, matrix: dict[str, set[str]]) -> None:
    """Each role may execute exactly its functions, and touch nothing else."""
    executable = {role: {row["name"] for row in rows.ask(_EXECUTABLE, (role,))} for role in matrix}
    wanted = {role: {f"credits.{name}" for name in names} for role, names in matrix.items()}
    assert executable == wanted
    assert rows.ask(_TABLE_RIGHTS, (list(matrix),)) == []
    for role in matrix:
        assert _schema_rights(rows, role, "credits_private") == set(), role
        assert "create" not in _schema_rights(rows, role, "credits"), role


def _schema_rights(rows: Rows, role: str, schema: str) -> set[str]:
    return {
        right
        for right in ("usage", "create")
        if rows.ask("select has_schema_privilege(%s, %s, %s) as may", (role, schema, right))[0][
            "may"
        ]
    }


def _apply_access(rows: Rows) -> None:
    """Run access.sql as the runner does."""
    text = (migrate.sql_root() / "functions/access.sql").read_bytes()
    with rows.conn.transaction():
        rows.conn.execute("set local role credits_owner")
        rows.conn.execute(text)


def _create(roles: psycopg.Connection[Any], *names: str) -> None:
    """Create roles as Supabase does: what they are members of gives them nothing."""
    for name in names:
        roles.execute(f"create role {name} nologin noinherit")


def test_the_matrix_names_every_api_function(catalogue: Rows) -> None:
    api = {f["name"] for f in catalogue.functions() if f["schema"] == "credits"}
    assert set().union(*MATRIX.values()) == api


def test_without_supabase(roles: psycopg.Connection[Any], catalogue: Rows) -> None:
    _create(roles, STRANGER)
    _check_matrix(catalogue, MATRIX | {STRANGER: set()})


def test_roles_of_supabase_that_came_first(roles: psycopg.Connection[Any], empty_dsn: str) -> None:
    _create(roles, *SUPABASE_ROLES, STRANGER)
    migrate.apply(empty_dsn)
    with psycopg.connect(empty_dsn, autocommit=True) as conn:
        rows = Rows(conn)
        _check_matrix(rows, ON_SUPABASE)
        memberships = rows.ask(
            "select pg_has_role('service_role', 'credits_service', 'member') as service,"
            " pg_has_role('authenticated', 'credits_user', 'member') as end_user,"
            " pg_has_role('anon', 'credits_user', 'member') as anonymous"
        )
    assert memberships == [{"service": True, "end_user": True, "anonymous": False}]


def test_roles_of_supabase_that_came_later(roles: psycopg.Connection[Any], catalogue: Rows) -> None:
    """They have no rights until the bootstrap runs again; nobody has one too many."""
    _create(roles, *SUPABASE_ROLES, STRANGER)
    _check_matrix(catalogue, MATRIX | NOBODY | {"service_role": set()})
    catalogue.conn.execute((migrate.sql_root() / "bootstrap.sql").read_bytes())
    _apply_access(catalogue)
    _check_matrix(catalogue, ON_SUPABASE)


def test_access_takes_back_what_others_have_granted(
    roles: psycopg.Connection[Any], catalogue: Rows
) -> None:
    _create(roles, *SUPABASE_ROLES, STRANGER)
    catalogue.conn.execute((migrate.sql_root() / "bootstrap.sql").read_bytes())
    everybody = ", ".join(("public", "anon", "authenticated", "service_role", *OURS[1:]))
    catalogue.conn.execute(
        "set role credits_owner;"
        f"grant all on all functions in schema credits, credits_private to {everybody};"
        f"grant all on all tables in schema credits_private to {everybody};"
        f"grant select (account_id) on credits_private.accounts to {everybody};"
        f"grant all on schema credits, credits_private to {everybody};"
        "reset role"
    )
    with pytest.raises(AssertionError):
        _check_matrix(catalogue, ON_SUPABASE)
    _apply_access(catalogue)
    _check_matrix(catalogue, ON_SUPABASE)


def test_new_functions_are_born_without_rights(
    roles: psycopg.Connection[Any], catalogue: Rows
) -> None:
    """The default that PUBLIC may execute every new function is off for the owner."""
    _create(roles, STRANGER)
    catalogue.conn.execute(
        "set role credits_owner;"
        "create function credits.newborn() returns int language sql as 'select 1';"
        "reset role"
    )
    _check_matrix(catalogue, MATRIX | {STRANGER: set()})


def test_nothing_is_granted_to_anybody_else(catalogue: Rows) -> None:
    grants = {(row["kind"], row["to"]) for row in catalogue.ask(_GRANTEES)}
    assert grants == {(kind, role) for role in MATRIX for kind in ("schema", "function")}


def test_every_role_sees_the_api_and_no_more(catalogue: Rows) -> None:
    for role in MATRIX:
        assert _schema_rights(catalogue, role, "credits") == {"usage"}, role


def test_our_roles_are_plain(catalogue: Rows) -> None:
    rights = catalogue.ask(
        "select rolname, rolsuper, rolbypassrls, rolcreaterole, rolcreatedb, rolreplication,"
        "       rolcanlogin"
        "  from pg_roles where rolname = any (%s)",
        (list(OURS),),
    )
    assert {row.pop("rolname") for row in rights} == set(OURS)
    assert [row for row in rights if any(row.values())] == []


def test_our_roles_inherit_nothing(catalogue: Rows) -> None:
    memberships = catalogue.ask(
        "select m.rolname as member, g.rolname as of from pg_auth_members a"
        "  join pg_roles m on m.oid = a.member join pg_roles g on g.oid = a.roleid"
        " where m.rolname = any (%s)",
        (list(OURS),),
    )
    assert memberships == []


@pytest.mark.parametrize("role", sorted(MATRIX))
def test_a_refused_call_does_not_reach_the_function(role: str, catalogue: Rows) -> None:
    """One forbidden function of each role, really called."""
    catalogue.conn.execute(f"set role {role}")
    call = "set_stripe_price('p', 1)" if role != "credits_admin" else "deduct_credit('a')"
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        catalogue.conn.execute(f"select credits.{call}")
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        catalogue.conn.execute("select * from credits_private.accounts")
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        catalogue.conn.execute("select credits_private.clock()")
