"""`pgcredits seal export`: the heads of all chains, into a file."""

from __future__ import annotations

import hashlib
import json
import os
import sys
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, TYPE_CHECKING

import click
import psycopg

from pgcredits import db, rpc
from pgcredits.cli.complaints import explain
from pgcredits.cli.interrupts import Terminated, interruptible
from pgcredits.cli.jobs import INTERRUPTED, TERMINATED
from pgcredits.cli.seal import heads
from pgcredits.errors import CreditsError

if TYPE_CHECKING:
    from collections.abc import Iterator

_PAGE = 1000


class _Hashed:
    """Writes text to a file, and knows the SHA-256 of what was written."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self.digest = hashlib.sha256()

    def write(self, text: str) -> None:
        data = text.encode()
        self.digest.update(data)
        self._file.write(data)


@click.command()
@click.argument("file", type=click.Path(path_type=Path, allow_dash=True))
@click.option(
    "--database-url",
    envvar="DATABASE_URL",
    show_envvar=True,
    required=True,
    help="Connection string of a role that is a member of credits_reader or credits_admin.",
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON (on stderr if FILE is -).")
@click.pass_context
def export(ctx: click.Context, *, file: Path, database_url: str, as_json: bool) -> None:
    """Write the last seal of every account to FILE, to be kept out of reach; - is stdout.

    Each seal stands for all entries of its account up to it. FILE must not exist yet. Its
    SHA-256 is printed: kept elsewhere, it stands for the whole file.

    Exit codes: 0 done, 1 failed, 2 wrong use; 130 and 143 interrupted.
    """
    to_stdout = str(file) == "-"
    accounts = unsealed = 0
    try:
        with (
            interruptible(),
            db.connect(database_url, application_name="pgcredits seal export") as conn,
            _whole(None if to_stdout else file) as raw,
        ):
            conn.read_only = True
            out = _Hashed(raw)
            out.write(heads.title(datetime.now(UTC).isoformat(timespec="seconds")))
            for page in _pages(conn):
                for seal in page:
                    assert seal.entry_id is not None  # noqa: S101 - these accounts have one
                    assert seal.hash is not None  # noqa: S101
                    out.write(heads.line(heads.Head(seal.account_id, seal.entry_id, seal.hash)))
                    accounts += 1
                    unsealed += seal.unsealed or 0
                if sys.stderr.isatty():
                    click.echo(f"\r{accounts:,} accounts", nl=False, err=True)
            out.write(heads.summary(accounts))
    except CreditsError as exc:
        raise click.ClickException(f"{exc.sqlstate} {exc}") from None
    except psycopg.Error as exc:
        raise click.ClickException(explain(exc)) from None
    except FileExistsError:
        message = f"{file} exists already; an export is never overwritten."
        raise click.UsageError(message) from None
    except OSError as exc:
        raise click.ClickException(f"cannot write {file}: {exc.strerror}") from None
    except KeyboardInterrupt as exc:
        click.echo("interrupted; nothing was exported", err=True)
        ctx.exit(TERMINATED if isinstance(exc, Terminated) else INTERRUPTED)
    digest = out.digest.hexdigest()
    if as_json:
        shown = {"accounts": accounts, "unsealed": unsealed, "sha256": digest}
        click.echo(json.dumps(shown), err=to_stdout)
    else:
        late = f"; {unsealed} entries of these accounts are not sealed yet" if unsealed else ""
        click.echo(f"exported {accounts} heads, SHA-256 {digest}{late}", err=to_stdout)


def _pages(conn: db.Connection) -> Iterator[list[rpc.Seal]]:
    after = None
    while True:
        with conn.transaction():
            page = rpc.list_seals(conn, limit=_PAGE, after=after)
        yield page
        if len(page) < _PAGE:
            return
        after = page[-1].account_id


@contextmanager
def _whole(path: Path | None) -> Iterator[IO[bytes]]:
    """Open a new file, which goes away unless everything is written; None is stdout."""
    if path is None:
        yield sys.stdout.buffer
        sys.stdout.flush()
        return
    with path.open("xb") as file:
        try:
            yield file
            file.flush()
            os.fsync(file.fileno())
        except BaseException:
            path.unlink()
            raise
