"""``pgcredits migrate bundle``: for psql, and for teams with a tool of their own."""

from __future__ import annotations

from pathlib import Path

import click

from pgcredits import migrate as runner
from pgcredits.cli.migrate.common import Common, common_options, print_json
from pgcredits.migrate.errors import MigrateError, refuse
from pgcredits.migrate.report import document


@click.command("bundle")
@click.option(
    "--from",
    "start",
    metavar="NNNN",
    help="For databases at this migration, instead of databases without pgcredits.",
)
@click.option(
    "-o",
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    help="File to write, instead of stdout.",
)
@click.option(
    "--allow-downgrade",
    is_flag=True,
    help="With --from: replace functions of a newer pgcredits by those of this one.",
)
@common_options
def bundle_command(
    common: Common, *, start: str | None, output: Path | None, allow_downgrade: bool
) -> None:
    """Print everything as one plain-SQL file that needs no runner and asks no database.

    Run it: psql -X -v ON_ERROR_STOP=1 -f FILE. It is one statement, which happens wholly or not at
    all, whatever sends it. Equal in effect to apply, with the records of the runner, which can go
    on from there, and in what it refuses. It stops before its first change where the database is in
    another state than the one it was made for. With --json and without --output, the text is in the
    document.
    """
    text = runner.bundle(common.directory, start=start, allow_downgrade=allow_downgrade)
    if output is None:
        if common.as_json:
            print_json(document("bundle", sql=text))
        else:
            click.echo(text, nl=False)
        return
    _write(output, text)
    if common.as_json:
        print_json(document("bundle", file=str(output)))
    else:
        click.echo(f"wrote {output}")


def _write(output: Path, text: str) -> None:
    try:
        output.write_text(text, encoding="utf-8", newline="\n")
    except OSError as exc:
        error: MigrateError = refuse("not_writable", f"cannot write {output}: {exc.strerror}")
        raise error from exc
