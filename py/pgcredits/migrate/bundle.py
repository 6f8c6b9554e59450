"""`bundle`: everything as one plain-SQL statement, for psql and for teams with their own tool.

One statement, because it happens wholly or not at all however it is sent: in a transaction or
without one, by a program that goes on after an error, with savepoints, or as a prepared statement.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pgcredits import __version__
from pgcredits.migrate import block, catalogue, history, lock
from pgcredits.migrate.block import quote
from pgcredits.migrate.errors import refuse
from pgcredits.migrate.files import discover

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from pgcredits.migrate.files import Source, SqlFile

_SETTINGS = (
    "search_path",
    "client_min_messages",
    "lock_timeout",
    "check_function_bodies",
    "datestyle",
    "intervalstyle",
    "timezone",
    "extra_float_digits",
    "bytea_output",
    "quote_all_identifiers",
)
"""What the script changes for itself, beside the role."""

_KEEP_SETTINGS = f"""\
v_settings := (
    select pg_catalog.jsonb_object_agg(s.name, pg_catalog.current_setting(s.name))
    from pg_catalog.unnest(array{[*_SETTINGS]}) as s (name));"""  # noqa: S608 -- constants alone

_RESTORE_SETTINGS = """\
perform pg_catalog.set_config(s.name, s.setting, true)
from pg_catalog.jsonb_each_text(v_settings) as s (name, setting);"""

_OWN_SETTINGS = """\
set local client_min_messages = warning;
set local lock_timeout = '2s';
set local search_path = '';"""

_REFUSED = "55000"  # object not in prerequisite state


def bundle(
    root: Path | None = None, *, start: str | None = None, allow_downgrade: bool = False
) -> str:
    """Write the script that `apply` would amount to, without asking a database.

    It is one statement: whoever sends it, it happens wholly or not at all. With ``start``, the
    number of a migration like '0003', it is for databases at exactly that one: later migrations and
    all functions; otherwise it is for databases without pgcredits. It refuses, before its first
    change, where the database is in another state, or has functions of a newer version of pgcredits
    and not ``allow_downgrade``; at its end, what `apply` refuses. Raises `MigrateError` when there
    is no such migration, or a file cannot run in a transaction.
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
    parts = ["declare", "v_role constant text := pg_catalog.current_setting('role');"]
    parts += ["v_settings jsonb;", "v_text text;", "v_newer text;", "begin"]
    parts += [_guard(base, start, allow_downgrade=allow_downgrade)]
    parts += [_KEEP_SETTINGS, _OWN_SETTINGS]
    parts += _keep_catalogue() if base else []
    for file in (source.bootstrap, *rest):
        parts += [*_run(file)]
    every = (*source.functions, *([source.access] if source.access else []))
    parts += ["", f"{history.ENTER};", block.functions_block(source, every, _gone(source))]
    parts += ["", f"{catalogue.SETTINGS};", f"{catalogue.STORE};", _RESTORE_SETTINGS]
    for file in rest:
        parts += [*_checks(source, file)]
    parts += [_RESTORE_SETTINGS, "perform pg_catalog.set_config('role', v_role, false);", "end"]
    return f"{_header(source, start)}\ndo {quote(_lines(parts))};\n"


def _lines(parts: Sequence[str]) -> str:
    return "\n" + "\n".join(parts) + "\n"


def _keep_catalogue() -> list[str]:
    """Note what the catalogue is like, for the fingerprint at the end."""
    return [
        f"{catalogue.SETTINGS};",
        f"{catalogue.STORE_BEFORE};",
        _RESTORE_SETTINGS,
        _OWN_SETTINGS,
    ]


def _run(file: SqlFile) -> list[str]:
    """Run one bootstrap or versioned file, and record it."""
    values = (file.id, file.kind, file.name, file.checksum, __version__)
    row = history.record_statement(file.kind, [*map(quote, values), "v_text"])
    enter = [f"{history.ENTER};"] if file.kind == "versioned" else []
    return [
        f"\n-- {file.label}",
        *enter,
        f"v_text := {quote(file.text)};",
        "execute v_text;",
        f"{history.ENTER};",
        f"{row};",
    ]


def _checks(source: Source, file: SqlFile) -> list[str]:
    """Run the verify scripts of a file, and take back what they did."""
    parts: list[str] = []
    for script in source.checks_of(file.id):
        parts += [f"\n-- {script.label}", "begin", f"{history.ENTER};"]
        parts += [f"execute {quote(script.text)};", "raise exception using errcode = 'PGCOK';"]
        parts += ["exception when sqlstate 'PGCOK' then null;", "end;"]
    return parts


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
--     psql -X -v ON_ERROR_STOP=1 -f THIS_FILE
--
-- It is one statement, so that it happens wholly or not at all, in a transaction of yours or in its
-- own: through psql with any options, pasted into an editor like the one of Supabase, or through a
-- driver. Each file stands in it as it is, and the text that runs is the text that is recorded.
-- Equal in effect to `pgcredits migrate apply`, which can go on from here."""


def _guard(base: Sequence[SqlFile], start: str | None, *, allow_downgrade: bool) -> str:
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
    absent = "pg_catalog.to_regclass('credits_private.schema_migrations') is null"
    refusal = (
        f"raise exception using errcode = '{_REFUSED}', message = '{message}', hint = '{hint}'"
    )
    known = f"""\
set local role credits_owner;
if {wrong} then
    {refusal};
end if;{_NEWER if base and not allow_downgrade else ""}
perform pg_catalog.set_config('role', v_role, true);"""
    if base:
        looked = f"if {absent} then\n    {refusal};\nend if;\n{known}"
    else:
        looked = f"if not ({absent}) then\n{known}\nend if;"
    return f"""\
if not pg_catalog.pg_try_advisory_xact_lock({lock.KEY}) then
    raise exception using errcode = '55P03', message = 'a migration runner is at work',
        hint = 'run this again when it has finished';
end if;
{looked}"""


_NEWER = f"""
select string_agg(distinct m.runner_version, ' and ') into v_newer
from credits_private.schema_migrations m
where m.kind in ('bootstrap', 'repeatable') and {history.BY_NEWER};
if v_newer is not null then
    raise exception using errcode = '{_REFUSED}',
        message = 'the database has functions of pgcredits ' || v_newer
            || ', and this bundle is of {__version__}',
        hint = 'use the release that the database is at, or `migrate bundle --allow-downgrade`';
end if;"""  # noqa: S608 -- constants alone


def _gone(source: Source) -> str:
    """Say in SQL which rows ``m`` are of repeatable files that this release does not have."""
    ids = ", ".join(quote(file.id) for file in source if file.kind == "repeatable")
    return f"not m.id = any (array[{ids}]::text[])"
