"""`bundle`: everything as one plain-SQL file, for psql and for whoever has a tool of their own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pgcredits import __version__
from pgcredits.migrate import functions, history, lock, psql
from pgcredits.migrate.errors import refuse
from pgcredits.migrate.files import discover

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from pgcredits.migrate.files import Source, SqlFile


def bundle(root: Path | None = None, *, start: str | None = None) -> str:
    """Write the script that `apply` would amount to, without asking a database.

    It is for one transaction: ``psql -X -1 -v ON_ERROR_STOP=1 -f FILE``, or an editor that sends
    the text as a whole. With ``start``, the number of a migration like '0003', it is for databases
    at exactly that one: later migrations and all functions; otherwise it is for databases without
    pgcredits. It stops before its first change where the database is in another state. Raises
    `MigrateError` when there is no such migration, or a file cannot run in a transaction.
    """
    source = discover(root)
    base, rest = _split(source, start)
    for file in rest:
        if not file.in_transaction:
            raise refuse(
                "not_in_bundle",
                f"{file.shown_path} must run outside of a transaction, but a bundle is one",
                id=file.id,
                hint="use `apply`, or `plan --sql`, which prints one transaction after the other",
            )
    parts = [_header(source, start), *_guard(base, start)]
    parts += ["set local client_min_messages = warning;", "set local lock_timeout = '2s';"]
    parts += ["set local search_path = '';"]
    parts += psql.before_lines() if base else []
    parts += psql.file_lines(source.bootstrap)
    for file in rest:
        parts += ["", f"{history.ENTER};", *psql.file_lines(file)]
    parts += ["", f"{history.ENTER};", "set local check_function_bodies = off;"]
    for file in (*source.functions, *([source.access] if source.access else [])):
        parts += psql.file_lines(file)
    parts += ["", *_forget(source), *_final_check(source)]
    parts += [*psql.store_lines(), f"{functions.RELOAD};", "reset role;"]
    return "\n".join(parts) + "\n"


def _split(source: Source, start: str | None) -> tuple[Sequence[SqlFile], Sequence[SqlFile]]:
    """Versioned files that must be there, and those that the bundle brings."""
    if start is None:
        return (), source.versioned
    if not any(file.id == start for file in source.versioned):
        newest = source.versioned[-1].id if source.versioned else "none"
        raise refuse(
            "no_such_migration",
            f"there is no migration {start}; the newest is {newest}",
            hint="--from takes the four digits of the newest migration that the database has",
        )
    base = [file for file in source.versioned if file.id <= start]
    return base, source.versioned[len(base) :]


def _header(source: Source, start: str | None) -> str:
    newest = source.versioned[-1].id if source.versioned else "no migration"
    state = "without pgcredits" if start is None else f"at migration {start}"
    return f"""\
-- pgcredits {__version__}: brings a database {state} to {newest}.
-- Fingerprint of the files: {source.fingerprint}
--
-- One transaction:  psql -X -1 -v ON_ERROR_STOP=1 -f THIS_FILE
-- or paste all of it into an editor that sends it as a whole, like the one of Supabase.
-- Equal in effect to `pgcredits migrate apply`, which can go on from here."""


def _guard(base: Sequence[SqlFile], start: str | None) -> list[str]:
    """Stop unless no runner is at work and the history is as expected."""
    expected = ", ".join(f"('{file.id}', '{file.checksum}')" for file in base)
    if start is None:
        wrong = "exists (select from credits_private.schema_migrations)"
        message = "pgcredits is here already: this bundle is for a database without it"
        hint = "use `migrate bundle --from NNNN` with the newest migration of the database"
    else:
        wrong = f"""exists (
            select
              from (select m.id, m.checksum, m.state from credits_private.schema_migrations m
                     where m.kind not in ('bootstrap', 'repeatable')) as m
              full join (values {expected}) as f (id, checksum) on f.id = m.id
             where m.checksum is distinct from f.checksum or m.state <> 'applied')"""  # noqa: S608 -- digits alone
        message = f"this bundle is for a database at migration {start}, as this release has it"
        hint = "`migrate status` tells what the database has"
    installed = "pg_catalog.to_regclass('credits_private.schema_migrations') is"
    missing = (
        f"if {installed} null then\n        raise exception using errcode = '55000',"
        f" message = '{message}', hint = '{hint}';\n    end if;"
    )
    return [
        f"""set local pgcredits.bundle = 'one transaction';
do $guard$
begin
    if pg_catalog.current_setting('pgcredits.bundle', true) is distinct from 'one transaction' then
        raise exception using errcode = '25P01', message = 'a bundle is one transaction',
            hint = 'psql -1 -v ON_ERROR_STOP=1 -f FILE';
    end if;
    if not pg_catalog.pg_try_advisory_xact_lock({lock.KEY}) then
        raise exception using errcode = '55P03', message = 'a migration runner is at work',
            hint = 'run this again when it has finished';
    end if;
    {missing if base else f"if {installed} null then return; end if;"}
    set local role credits_owner;
    if {wrong} then
        raise exception using errcode = '55000', message = '{message}', hint = '{hint}';
    end if;
    reset role;
end
$guard$;"""
    ]


def _forget(source: Source) -> list[str]:
    """Delete the records of repeatable files that this release does not have."""
    ids = ", ".join(psql.quote(file.id) for file in source if file.kind == "repeatable")
    kept = f" and not m.id = any (array[{ids}])" if ids else ""
    return [
        f"""do $forget$
declare
    r_gone record;
begin
    for r_gone in
        select m.id from credits_private.schema_migrations m
        where m.kind = 'repeatable'{kept}
        order by m.id
    loop
        {history.forget_statement("r_gone.id")};
    end loop;
end
$forget$;"""  # noqa: S608 -- values are quoted
    ]


def _final_check(source: Source) -> list[str]:
    """Refuse what `apply` refuses at its end: leftover functions and second signatures."""
    names = ", ".join(sorted(map(psql.quote, source.defines)))
    unknown = f"not r.name = any (array[{names}]::text[])"
    return [
        f"""do $check$
declare
    v_found text;
begin
    select pg_catalog.string_agg(r.name || '(' || r.arguments || ')', ', ') into v_found
    from (
        select a.schema || '.' || a.name, a.arguments,
            count(*) over (partition by a.schema, a.name)
        from ({history.ROUTINES}) as a
    ) as r (name, arguments, signatures)
    where {unknown} or r.signatures > 1;
    if v_found is not null then
        raise exception using errcode = '55000',
            message = 'functions that no file defines, or with two signatures: ' || v_found,
            hint = 'a migration has to drop them';
    end if;
end
$check$;"""  # noqa: S608 -- values are quoted
    ]
