"""What a platform does to a database: cut-off lists, row security, poolers, deleted users."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import psycopg
import pytest

from pgcredits.migrate import files
from tests.functions.support import DAY, NOW

if TYPE_CHECKING:
    from tests.client import Credits
    from tests.clock import Clock

pytestmark = pytest.mark.usefixtures("now")


def test_no_figure_depends_on_how_many_rows_a_client_may_read(fast: Credits) -> None:
    """A proxy cuts every list at 1000 rows: the balance is right, a cursor reaches the rest."""
    for number in range(11):
        fast.record_payment(
            "u", f"p{number}", 0, currency="eur", grants=[{"amount": 1}] * 100, reference="import"
        )
    assert fast.balance("u") == 1100
    page = fast.list_entries("u", limit=1000)
    assert [entry.entry_id for entry in page] == list(range(1100, 100, -1))
    rest = fast.list_entries("u", limit=1000, before=page[-1].entry_id)
    assert [entry.entry_id for entry in rest] == list(range(100, 0, -1))
    assert sum(entry.amount for entry in page + rest) == 1100
    lots = fast.list_lots("u", limit=1000)
    more = fast.list_lots("u", limit=1000, after=lots[-1].lot_id)
    assert [lot.lot_id for lot in lots + more] == list(range(1, 1101))
    assert sum(lot.remaining for lot in lots + more) == 1100


@pytest.mark.parametrize("role", ["credits_service", "credits_admin"])
def test_row_security_hides_nothing_from_the_periodic_jobs(
    fast: Credits, clock: Clock, role: str
) -> None:
    """Every table has row security and no policy; the jobs say how many rows they have seen."""
    for account in ("a", "b", "c"):
        fast.grant_credits(account, 10, expires_at=NOW + DAY)
    clock.set(NOW + DAY)
    with fast.role(role):
        assert fast.verify_page().accounts == 3
        swept = fast.expire_due()
    assert (swept.accounts, swept.lots, swept.credits, swept.has_more) == (3, 3, 30, False)


@pytest.mark.corrupts
def test_row_security_hides_no_damage_from_a_reader(fast: Credits) -> None:
    fast.grant_credits("a", 10)
    fast.conn.execute("set local session_replication_role = replica")
    fast.conn.execute("update credits_private.ledger set balance = 11 where true")
    with fast.role("credits_reader"):
        assert fast.verify()
        assert fast.verify_page().findings


def test_functions_keep_nothing_in_a_session() -> None:
    """A transaction pooler gives the next transaction another session."""
    kept = re.compile(
        r"\b(pg_(try_)?advisory_lock\w*|set_config|currval|lastval|nextval"
        r"|temp(orary)? table|listen|notify|pg_notify|prepare|deallocate|declare \w+ cursor)\b"
    )
    functions = sorted((files.sql_root() / "functions").glob("*/*.sql"))
    assert len(functions) > 80
    found = {
        (path.stem, match[0])
        for path in functions
        for line in path.read_text("utf-8").splitlines()
        if (match := kept.search(line.partition("--")[0]))
    }
    assert found == set()


def test_calls_leave_no_lock_and_no_setting_behind(credits: Credits) -> None:
    settings = "select name, setting from pg_settings where source = 'session' order by name"
    before = credits.conn.execute(settings).fetchall()
    credits.add_purchased_credits("u", 10, reference="p", amount_paid=100, currency="eur")
    spend = credits.deduct_credit("u", 5)
    credits.refund_spend("u", entry_id=spend.entry_id)
    credits.clawback_credits("u", "p")
    credits.expire_due()
    credits.verify()
    assert credits.conn.execute(settings).fetchall() == before
    held = credits.conn.execute(
        "select l.locktype, l.mode from pg_locks l where l.pid = pg_backend_pid()"
        " and l.locktype in ('advisory', 'tuple')"
    ).fetchall()
    assert held == []
    row = credits.conn.execute(
        "select pg_my_temp_schema(), (select count(*) from pg_listening_channels()),"
        " (select count(*) from pg_cursors where is_holdable)"
    ).fetchone()
    assert row == (0, 0, 0)


def test_the_history_of_a_deleted_user_stays(fast: Credits) -> None:
    """Deleting the user in the host application reaches no row of ours, and is not to."""
    fast.conn.execute("create temporary table users (id text primary key) on commit drop")
    fast.conn.execute("insert into users values ('u')")
    fast.grant_credits("u", 10)
    fast.deduct_credit("u", 3)
    entries = fast.entries("u")
    fast.conn.execute("delete from users where id = 'u'")
    assert fast.entries("u") == entries
    assert fast.balance("u") == 7
    for role in ("credits_service", "credits_admin"):
        with (
            pytest.raises(psycopg.errors.InsufficientPrivilege),
            fast.role(role),
            fast.conn.transaction(),
        ):
            fast.conn.execute("delete from credits_private.accounts where account_id = 'u'")
    reaching_in = fast.conn.execute(
        "select c.conname from pg_constraint c where c.contype = 'f'"
        " and c.conrelid::regclass::text like 'credits_private.%'"
        " and (c.confrelid::regclass::text not like 'credits_private.%' or c.confdeltype <> 'r')"
    ).fetchall()
    assert reaching_in == []
