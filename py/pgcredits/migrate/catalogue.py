"""The fingerprint of the catalogue: one SHA-256 for each object that the two schemas hold.

`store` writes it into ``credits_private.schema_objects`` in the transaction that changed objects,
`compare` holds it against what is there now. An object is what has a name of its own: a table, a
column, a constraint, a function; its rights and its comment count as objects besides, so that a
comparison can name them. Digests do not depend on the server's major version: NOT NULL belongs to
the column (PostgreSQL 18 has constraints for it), of the owner's own rights only those that are
missing count (17 has a new one), and everything is read with an empty search_path, so that all
names come out qualified.

All of it is SQL, so that `bundle` and ``plan --sql`` can say the same to psql.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, LiteralString

from psycopg import errors

from pgcredits.migrate import history
from pgcredits.migrate.catalogue_query import CATALOGUE

if TYPE_CHECKING:
    from pgcredits.migrate.connection import Connection

SETTINGS: LiteralString = (
    "set local search_path = ''; set local datestyle = 'ISO, YMD';"
    " set local intervalstyle = 'postgres'; set local timezone = 'UTC';"
    " set local extra_float_digits = 1; set local bytea_output = 'hex';"
    " set local quote_all_identifiers = off"
)
"""What the texts of defaults and constraints depend on, as it must be for all queries here."""

UNDO_SETTINGS: LiteralString = (
    "reset datestyle; reset intervalstyle; reset timezone; reset extra_float_digits;"
    " reset bytea_output; reset quote_all_identifiers"
)
"""All but the search_path back to what the session has."""

BEFORE: LiteralString = f"""{CATALOGUE}
    select coalesce(pg_catalog.jsonb_object_agg(p.object, p.digest || p.version), '{{}}')::text
      from present p"""  # noqa: S608 -- constants alone
"""What `store` needs to know from the beginning of the transaction: JSON text, object by object."""

_DRIFT: LiteralString = f"""{CATALOGUE}
    select coalesce(p.object, s.object),
           case when s.object is null then 'added'
                when p.object is null then 'removed' else 'changed' end
      from present p
      full join credits_private.schema_objects s on s.object = p.object
     where s.digest is distinct from p.digest
     order by 1"""  # noqa: S608 -- constants alone

_COUNT = "select pg_catalog.count(*) from credits_private.schema_objects"

_SETTING = "pgcredits.catalogue_before"


def _keep(is_local: Literal["true", "false"]) -> LiteralString:
    return f"""do $before$
begin
    perform pg_catalog.set_config('{_SETTING}', ({BEFORE}
    ), {is_local});
end
$before$"""


STORE_BEFORE: LiteralString = _keep("true")
"""For a script: keep `BEFORE` until the end of the transaction."""

STORE_BEFORE_OUTSIDE: LiteralString = _keep("false")
"""The same, until the end of the session."""


def _store_statement(before: LiteralString) -> LiteralString:
    """Write the SQL that stores the fingerprint; ``before`` is an SQL expression of JSON text.

    Only what this transaction has touched is stored: an object that somebody else changed stays
    known as changed until a file, or a person, brings it back. The first time, all is stored.
    """
    return f"""{CATALOGUE}, former (object, state) as materialized (
        select b.key, b.value
          from pg_catalog.jsonb_each_text(coalesce({before}, '{{}}')::jsonb) as b
         where exists (select from credits_private.schema_objects)
    ), stored as (
        insert into credits_private.schema_objects as s (object, digest)
        select p.object, p.digest
          from present p
          left join former f on f.object = p.object
         where f.state is distinct from p.digest || p.version
            on conflict (object) do update
               set digest = excluded.digest where s.digest <> excluded.digest
    )
    delete from credits_private.schema_objects s
     where not exists (select from present p where p.object = s.object)
       and (exists (select from former f where f.object = s.object)
            or not exists (select from former))"""  # noqa: S608 -- constants alone


STORE: LiteralString = _store_statement(
    f"nullif(pg_catalog.current_setting('{_SETTING}', true), '')"
)
"""For a script that began with `STORE_BEFORE`: store the fingerprint."""

_STORE_GIVEN: LiteralString = _store_statement("%s")

Change = Literal["changed", "added", "removed"]


@dataclass(frozen=True, slots=True)
class Drift:
    """An object that is not as the last run left it."""

    object: str
    """Kind and name: 'function credits.get_balance(text)', 'rights of table …', 'comment on …'."""
    change: Change


@dataclass(frozen=True, slots=True)
class Comparison:
    """How many objects are recorded, and those that differ, by name."""

    recorded: int
    drift: tuple[Drift, ...]


def before(conn: Connection) -> str:
    """Read the catalogue at the beginning of a transaction, for `store`. Changes nothing."""
    cursor = conn.execute(f"{SETTINGS}; {BEFORE}; {UNDO_SETTINGS}")
    [row] = [cursor.fetchone() for _ in cursor.results() if cursor.description]
    return str(row[0]) if row else "{}"


def store(conn: Connection, before: str | None) -> None:
    """Record the objects that changed since ``before``, in the transaction that changed them.

    Runs as credits_owner. Without ``before`` everything is recorded as
    it is now, whoever changed it.
    """
    conn.execute(SETTINGS)
    conn.execute(_STORE_GIVEN, (before,))
    conn.execute(UNDO_SETTINGS)


def compare(conn: Connection) -> Comparison | None:
    """Compare the catalogue with the record of it; None where there is no record.

    Runs in a transaction of its own, as credits_owner; changes nothing.
    """
    try:
        with conn.transaction():
            conn.execute(f"{history.ENTER}; {SETTINGS}")
            row = conn.execute(_COUNT).fetchone()
            found = conn.execute(_DRIFT).fetchall()
    except (errors.UndefinedTable, errors.InvalidSchemaName, errors.InvalidParameterValue):
        return None
    recorded = int(row[0]) if row else 0
    return Comparison(recorded, tuple(Drift(*entry) for entry in found)) if recorded else None
