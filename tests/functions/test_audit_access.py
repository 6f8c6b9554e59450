"""audit_access finds every right too many or missing, and its remedies mend what it finds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from click.testing import CliRunner

from pgcredits.cli import main
from tests.client import Credits

if TYPE_CHECKING:
    from collections.abc import Iterator

_SPEND = "credits.deduct_credit(text,bigint,text,text,text,text,jsonb)"

# What somebody does, and what is then found: violation, object, role.
DEVIATIONS = [
    (
        f"grant execute on function {_SPEND} to public",
        ("execute_granted", f"function {_SPEND}", "public"),
    ),
    (
        "grant execute on function credits_private.clock() to credits_reader",
        ("execute_granted", "function credits_private.clock()", "credits_reader"),
    ),
    (
        f"grant execute on function {_SPEND} to credits_reader",
        ("execute_granted", f"function {_SPEND}", "credits_reader"),
    ),
    (
        f"revoke execute on function {_SPEND} from credits_service",
        ("execute_missing", f"function {_SPEND}", "credits_service"),
    ),
    (
        "create function credits.leak() returns integer language sql return 1;"
        "grant execute on function credits.leak() to public",
        ("execute_granted", "function credits.leak()", "public"),
    ),
    (
        "grant select on credits_private.ledger to credits_reader",
        ("table_exposed", "table credits_private.ledger", "credits_reader"),
    ),
    (
        "grant update (metadata) on credits_private.accounts to credits_user",
        ("table_exposed", "table credits_private.accounts", "credits_user"),
    ),
    (
        "grant usage on schema credits_private to credits_service",
        ("schema_exposed", "schema credits_private", "credits_service"),
    ),
    (
        "grant create on schema credits to credits_service",
        ("schema_exposed", "schema credits", "credits_service"),
    ),
    (
        f"alter function {_SPEND} reset search_path",
        ("search_path_not_pinned", f"function {_SPEND}", None),
    ),
    (
        f"alter function {_SPEND} set search_path = public",
        ("search_path_not_pinned", f"function {_SPEND}", None),
    ),
    (
        "alter table credits_private.lots disable row level security",
        ("no_row_security", "table credits_private.lots", None),
    ),
]


@pytest.fixture
def tx(released_dsn: str) -> Iterator[psycopg.Connection[Any]]:
    """A released database; owners and rights are changed as its superuser."""
    with psycopg.connect(released_dsn, autocommit=True) as conn:
        yield conn


@pytest.mark.parametrize(("deviation", "found"), DEVIATIONS)
def test_a_deviation_is_found_and_its_remedy_mends_it(
    tx: psycopg.Connection[Any], deviation: str, found: tuple[str, str, str | None]
) -> None:
    credits = Credits(tx)
    assert credits.audit_access() == []
    tx.execute("set role credits_owner")
    tx.execute(deviation.encode())
    tx.execute("reset role")
    [finding] = credits.audit_access()
    assert (finding.violation, finding.object, finding.role) == found
    tx.execute(finding.remedy.encode())
    assert credits.audit_access() == []


def test_wrong_owners_and_a_powerful_one(tx: psycopg.Connection[Any]) -> None:
    credits = Credits(tx)
    tx.execute("alter table credits_private.pools owner to current_user")
    [finding] = credits.audit_access()
    assert (finding.violation, finding.object) == ("wrong_owner", "table credits_private.pools")
    tx.execute(finding.remedy.encode())
    with tx.transaction(force_rollback=True):
        tx.execute("alter role credits_owner bypassrls")
        [finding] = credits.audit_access()
        assert (finding.violation, finding.object) == ("powerful_owner", "role credits_owner")
        tx.execute(finding.remedy.encode())
        assert credits.audit_access() == []


def test_the_command(released_dsn: str, tx: psycopg.Connection[Any]) -> None:
    runner = CliRunner(env={"DATABASE_URL": released_dsn})
    good = runner.invoke(main, ["access", "audit"])
    assert (good.exit_code, good.output) == (0, "nobody has a right too many\n")
    tx.execute(f"grant execute on function {_SPEND} to public")
    bad = runner.invoke(main, ["access", "audit"])
    assert bad.exit_code == 1
    assert f"revoke execute on function {_SPEND} from public;" in bad.output
    assert runner.invoke(main, ["access", "audit", "--json"]).output.count("\n") == 1
    tx.execute(f"revoke execute on function {_SPEND} from public")
    nowhere = runner.invoke(
        main, ["access", "audit"], env={"DATABASE_URL": "port=1 host=127.0.0.1"}
    )
    assert nowhere.exit_code == 2


@pytest.fixture
def shop(tx: psycopg.Connection[Any]) -> Iterator[str]:
    tx.execute('create role "a Shop"')
    yield "a Shop"
    tx.execute('drop role "a Shop"')


def test_roles_are_granted_at_once(
    released_dsn: str, tx: psycopg.Connection[Any], shop: str
) -> None:
    runner = CliRunner(env={"DATABASE_URL": released_dsn})
    arguments = ["access", "grant", "--service", shop, "--reader", shop]
    dry = runner.invoke(main, [*arguments, "--dry-run"])
    assert dry.exit_code == 0
    member = "select pg_has_role(%s, 'credits_service', 'usage')"
    assert tx.execute(member, (shop,)).fetchone() == (False,)
    done = runner.invoke(main, arguments)
    assert (done.exit_code, done.output) == (0, dry.output)
    assert 'grant "credits_service" to "a Shop"' in done.output
    assert tx.execute(member, (shop,)).fetchone() == (True,)
    assert Credits(tx).audit_access() == []


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "--service"),
        (["--service", "nobody-there"], "there is no role 'nobody-there'"),
    ],
)
def test_what_is_refused(released_dsn: str, arguments: list[str], said: str) -> None:
    runner = CliRunner(env={"DATABASE_URL": released_dsn})
    refused = runner.invoke(main, ["access", "grant", *arguments])
    assert refused.exit_code == 2
    assert said in refused.output


def test_a_role_that_does_not_inherit_gets_its_rights_or_a_reason(
    released_dsn: str, tx: psycopg.Connection[Any], shop: str
) -> None:
    tx.execute('alter role "a Shop" noinherit')
    runner = CliRunner(env={"DATABASE_URL": released_dsn})
    done = runner.invoke(main, ["access", "grant", "--service", shop])
    if tx.info.server_version < 160000:
        assert done.exit_code == 2
        assert 'alter role "a Shop" inherit' in done.output
    else:
        assert done.exit_code == 0
        may = tx.execute(
            "select has_function_privilege(%s, %s, 'execute')", (shop, _SPEND)
        ).fetchone()
        assert may == (True,)
