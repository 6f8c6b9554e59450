"""The test clock: template databases answer the time that a test has set.

``credits_private.clock()`` is the one place where the functions read the time. In the databases of
the test suite its body is replaced by one that looks at the table ``testing.clock`` first: no row
there means real time.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import psycopg

_BODY = (
    "select coalesce((select c.now_at from testing.clock c limit 1), pg_catalog.clock_timestamp())"
)


def install(conn: psycopg.Connection[Any]) -> None:
    """Put the test clock into a freshly migrated database.

    The attributes of the released function (language, volatility, security, path, owner) are kept:
    the definition is taken from the catalogue and only its body is exchanged.
    """
    row = conn.execute(
        "select pg_get_functiondef(p.oid), p.prosrc, l.lanname"
        "  from pg_proc p"
        "  join pg_language l on l.oid = p.prolang"
        " where p.oid = 'credits_private.clock()'::regprocedure"
    ).fetchone()
    assert row is not None
    definition, source, language = row
    assert language == "sql", f"credits_private.clock() is written in {language}, not in sql"
    assert definition.count(source) == 1, definition
    conn.execute("create schema testing")
    conn.execute("create table testing.clock (now_at timestamptz not null)")
    conn.execute("grant usage on schema testing to credits_owner")
    conn.execute("grant select on testing.clock to credits_owner")
    conn.execute(definition.replace(source, _BODY))


class Clock:
    """Sets and moves the time that the functions see, through one connection.

    On an autocommit connection a change is seen by every session at once; inside a transaction it
    is seen by that transaction alone and goes away with it.
    """

    def __init__(self, conn: psycopg.Connection[Any]) -> None:
        self._conn = conn

    def set(self, moment: datetime) -> datetime:
        """Stop the clock at ``moment`` (with a time zone) and return it."""
        if moment.tzinfo is None:
            raise ValueError("the clock needs a time with a time zone")
        with self._conn.transaction():
            self._conn.execute("delete from testing.clock")
            self._conn.execute("insert into testing.clock (now_at) values (%s)", (moment,))
        return moment

    def advance(self, step: timedelta) -> datetime:
        """Stop the clock ``step`` after what it shows now (a negative step goes back)."""
        return self.set(self.now() + step)

    def real(self) -> None:
        """Let the clock run with real time again."""
        self._conn.execute("delete from testing.clock")

    def now(self) -> datetime:
        """What the clock shows, in UTC."""
        row = self._conn.execute(
            "select coalesce((select c.now_at from testing.clock c limit 1), clock_timestamp())"
        ).fetchone()
        assert row is not None
        moment: datetime = row[0]
        return moment.astimezone(UTC)
