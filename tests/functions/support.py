"""What the tests of the engine share: a fixed time, illegal arguments, "nothing has changed"."""

from __future__ import annotations

from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, cast

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pgcredits.errors import CreditsError
    from pgcredits.rpc import Lot
    from tests.client import Connection, Credits

NOW = datetime(2030, 1, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
MICROSECOND = timedelta(microseconds=1)
RENEWAL_GRACE = 3 * DAY
REFUND_GRACE = 7 * DAY

LIMIT = 2**53 - 1
BIGINT_MAX = 2**63 - 1
MOST_METADATA = 16384 - len('{"x": ""}')
RESERVED_KEYS = ["stripe:evt_1", "ref:subscription:1", "pgcredits:1"]


def _illegal(argument: str, **values: Any) -> list[Any]:
    return [
        pytest.param(argument, value, id=f"{argument}-{name}") for name, value in values.items()
    ]


def illegal_amount(argument: str = "p_amount", *, optional: bool = False) -> list[Any]:
    """Amounts that no function takes."""
    values: dict[str, Any] = {
        "zero": 0,
        "negative": -1,
        "above_2_53": LIMIT + 1,
        "bigint_max": BIGINT_MAX,
        "bigint_min": -(2**63),
    }
    return _illegal(argument, **(values if optional else {"null": None, **values}))


def illegal_text(argument: str, *, required: bool = False, longest: int = 255) -> list[Any]:
    """Ids, keys and names that are empty or too long; None too where one is required."""
    values: dict[str, Any] = {"empty": "", "overlong": "x" * (longest + 1)}
    return _illegal(argument, **({"null": None, **values} if required else values))


def illegal(argument: str, **values: Any) -> list[Any]:
    """Other illegal values of one argument, each under the name it has in the test's id."""
    return _illegal(argument, **values)


ILLEGAL_ACCOUNT = illegal_text("p_account_id", required=True)
ILLEGAL_TAIL = [
    *illegal_text("p_reference"),
    *illegal_text("p_idempotency_key"),
    *_illegal(
        "p_idempotency_key", **{key.partition(":")[0] + "_prefix": key for key in RESERVED_KEYS}
    ),
    *_illegal("p_metadata", array=[1], number="1", string='"x"', null="null", true="true"),
    *_illegal("p_metadata", too_big={"x": "y" * (MOST_METADATA + 1)}),
]


def contents(conn: Connection) -> dict[str, list[str]]:
    """Every row of every table of the engine, as text."""
    names = conn.execute(
        "select c.relname from pg_class c"
        " where c.relnamespace = 'credits_private'::regnamespace and c.relkind = 'r'"
        "   and c.relname <> 'schema_migrations' order by c.relname"
    ).fetchall()
    query = " union all ".join(
        f"select '{name}' as relation, to_jsonb(t)::text as line from credits_private.{name} t"  # noqa: S608
        for (name,) in names
    )
    found: dict[str, list[str]] = {name: [] for (name,) in names}
    for relation, line in conn.execute(cast("Any", f"{query} order by 1, 2")).fetchall():
        found[relation].append(line)
    return found


@contextmanager
def unchanged(credits: Credits) -> Iterator[None]:
    """Nothing is written inside the block."""
    before = contents(credits.conn)
    yield
    assert contents(credits.conn) == before


@contextmanager
def refused(credits: Credits, error: type[CreditsError], **values: Any) -> Iterator[None]:
    """The call inside the block is refused with this error and these DETAIL values, and no trace.

    Every value that is named must be in DETAIL; the constant message, the SQLSTATE and a hint are
    checked for all of them.
    """
    before = contents(credits.conn)
    with pytest.raises(error) as caught:
        yield
    refusal = caught.value
    assert (refusal.code, refusal.sqlstate) == (error.code, error.sqlstate)
    assert refusal.message == error.message
    assert refusal.hint
    assert {name: refusal.values.get(name) for name in values} == values
    assert contents(credits.conn) == before


@contextmanager
def replayed(credits: Credits, receipt: Any) -> Iterator[list[Any]]:
    """The receipt that the block appends is the recorded one, and nothing is written."""
    answers: list[Any] = []
    with unchanged(credits):
        yield answers
    (answer,) = answers
    assert answer.is_replay
    assert not receipt.is_replay
    recorded = {name: getattr(receipt, name) for name in receipt.__slots__ if name != "is_replay"}
    assert {name: getattr(answer, name) for name in recorded} == recorded


def set_status(credits: Credits, account_id: str, status: str) -> None:
    """Give an account a status; what it has is forfeited by closing it, and it can open again."""
    if status == "closed":
        credits.close_account(account_id, "test", if_credits="forfeit")
        return
    done = credits.conn.execute(
        "update credits_private.accounts set status = %s where account_id = %s",
        (status, account_id),
    )
    assert done.rowcount == 1


def set_setting(credits: Credits, setting: str, value: str) -> None:
    done = credits.conn.execute(
        "update credits_private.settings set value = %s where setting = %s", (value, setting)
    )
    assert done.rowcount == 1


def lots(credits: Credits, account_id: str, *, live_only: bool = True) -> list[Lot]:
    return credits.list_lots(account_id, live_only=live_only)
