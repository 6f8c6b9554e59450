"""``pgcredits dev``: a durable, migrated server for the directory one works in."""

from __future__ import annotations

import shlex
import shutil
from pathlib import Path

import click

from pgcredits import migrate
from pgcredits.cli.interrupts import interruptible
from pgcredits.embedded import DevServer, EmbeddedError


@click.command()
@click.option(
    "--home",
    envvar="PGCREDITS_HOME",
    show_envvar=True,
    type=click.Path(file_okay=False, path_type=Path),
    default=Path(".pgcredits"),
    show_default=True,
    help="Directory of the server: its data, its password, its port.",
)
@click.option(
    "--port",
    envvar="PGCREDITS_DEV_PORT",
    show_envvar=True,
    type=click.IntRange(1, 65535),
    help="Port on 127.0.0.1. [default: the one of the last start, else a free one]",
)
def dev(home: Path, port: int | None) -> None:
    """Keep a migrated PostgreSQL server for this directory.

    Starts the server, applies pending migrations, prints how to connect, and stays until Ctrl-C.
    The data stays for the next start. If the server is running already in another terminal, the
    migrations are applied there and the command ends.

    Exit codes: 0 stopped as asked, 1 no server or a failed migration, 2 wrong use.
    """
    try:
        with interruptible():
            _run(DevServer(home, port=port))
    except (EmbeddedError, migrate.MigrateError) as error:
        raise click.ClickException(str(error)) from error
    except KeyboardInterrupt:
        click.echo("stopped", err=True)


def _run(server: DevServer) -> None:
    if server.is_running():
        _present(server, migrate.apply(server.url))
        click.echo("The server belongs to another process, which stops it.")
        return
    with server:
        _present(server, migrate.apply(server.url))
        click.echo("Ctrl-C stops the server.")
        server.wait()
    raise EmbeddedError(f"the server ended by itself; its log is {server.data_dir / 'server.log'}")


def _present(server: DevServer, report: migrate.Report) -> None:
    done = f"{len(report.applied)} files applied" if report.applied else "current"
    psql = shutil.which("psql")
    if psql is None and server.bindir is not None and (server.bindir / "psql").exists():
        psql = str(server.bindir / "psql")
    url = shlex.quote(server.url)
    click.echo(f"PostgreSQL {report.database.server_version} on 127.0.0.1:{server.port}")
    click.echo(f"data      {server.data_dir}")
    click.echo(f"schema    {done}")
    click.echo(f"password  the last field of {server.passfile}")
    click.echo("connect")
    click.echo(f"  {shlex.quote(psql or 'psql')} {url}")
    click.echo(f"  export DATABASE_URL={url}")
