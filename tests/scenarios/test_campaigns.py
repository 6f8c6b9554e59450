"""Credits that are given away: once to everybody who is meant, whatever is run again."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pgcredits.errors import IdempotencyConflict
from tests.functions.support import refused, set_status, unchanged

if TYPE_CHECKING:
    from tests.client import Credits

pytestmark = pytest.mark.usefixtures("now")

USERS = "create temporary table users (id text primary key) on commit drop"
EVERYBODY = (
    "select u.id, (credits.grant_credits(u.id, 10, p_idempotency_key => 'spring')).is_replay"
    " from users u order by u.id"
)
WELCOME = """
create function pg_temp.welcome() returns trigger language plpgsql as $$
begin
    begin
        perform credits.grant_credits(new.id, 10, p_idempotency_key => 'welcome');
    exception when others then
        raise warning 'no welcome for %: %', new.id, sqlerrm;
    end;
    return new;
end
$$;
create trigger welcome after insert on users
    for each row execute function pg_temp.welcome()
"""


def users(credits: Credits, *ids: str) -> None:
    for name in ids:
        credits.conn.execute("insert into users values (%s)", (name,))


def test_a_welcome_is_in_the_ledger_and_given_once(fast: Credits) -> None:
    first = fast.grant_credits("u", 6, idempotency_key="welcome")
    assert fast.booked("u") == [("grant", 6)]
    fast.deduct_credit("u", 6)
    with unchanged(fast):
        assert fast.grant_credits("u", 6, idempotency_key="welcome").entry_id == first.entry_id
    with refused(fast, IdempotencyConflict, idempotency_key="welcome"):
        fast.grant_credits("u", 60, idempotency_key="welcome")
    assert fast.balance("u") == 0


def test_a_campaign_that_is_run_again_refills_nobody(fast: Credits) -> None:
    """Who has spent everything looks like who never got anything; the key knows better."""
    fast.conn.execute(USERS)
    users(fast, "ann", "bob", "cid")
    assert fast.conn.execute(EVERYBODY).fetchall() == [
        ("ann", False),
        ("bob", False),
        ("cid", False),
    ]
    fast.deduct_credit("ann", 10)
    fast.deduct_credit("bob", 4)
    users(fast, "dan")
    assert fast.conn.execute(EVERYBODY).fetchall() == [
        ("ann", True),
        ("bob", True),
        ("cid", True),
        ("dan", False),
    ]
    balances = {name: fast.balance(name) for name in ("ann", "bob", "cid", "dan")}
    assert balances == {"ann": 0, "bob": 6, "cid": 10, "dan": 10}


def test_a_welcome_that_fails_blocks_no_signup_and_is_made_up_for_later(fast: Credits) -> None:
    """A trigger of the host application catches the refusal; the key makes the repair safe."""
    fast.conn.execute(USERS)
    fast.conn.execute(WELCOME)
    fast.open_account("bob")
    set_status(fast, "bob", "closed")
    users(fast, "ann", "bob")
    assert fast.conn.execute("select u.id from users u order by 1").fetchall() == [
        ("ann",),
        ("bob",),
    ]
    assert (fast.balance("ann"), fast.balance("bob")) == (10, 0)
    fast.deduct_credit("ann", 10)

    set_status(fast, "bob", "active")
    repair = EVERYBODY.replace("spring", "welcome")
    assert fast.conn.execute(repair).fetchall() == [("ann", True), ("bob", False)]
    assert (fast.balance("ann"), fast.balance("bob")) == (0, 10)
