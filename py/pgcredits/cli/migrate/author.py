"""``pgcredits migrate new`` and ``lint``: for whoever writes migrations."""

from __future__ import annotations

from pathlib import Path

import click

from pgcredits import migrate as runner
from pgcredits.cli.migrate.common import Common, common_options, print_json
from pgcredits.migrate import terminal
from pgcredits.migrate.errors import exit_code_of
from pgcredits.migrate.report import document


@click.command("new")
@click.argument("name")
@common_options
def new_command(common: Common, *, name: str) -> None:
    """Make the next migration, with the header that says purpose, locks and time."""
    path = runner.new(name, root=_writable_root(common))
    if common.as_json:
        print_json(document("new", file=str(path)))
    else:
        click.echo(str(path))


@click.command("lint")
@click.argument("files", nargs=-1, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@common_options
def lint_command(common: Common, *, files: tuple[Path, ...]) -> None:
    """Check files without a database: all of them, or those that are named.

    Numbers without gaps and duplicates; CONCURRENTLY, VACUUM, ALTER SYSTEM and the like outside of
    a no-transaction file; BEGIN, COMMIT and ROLLBACK; ALTER TYPE ... ADD VALUE; SET without LOCAL;
    SECURITY DEFINER without search_path; CREATE FUNCTION without OR REPLACE in functions/;
    backslash commands; COPY FROM STDIN. Exit code 2 when anything is found.
    """
    problems = runner.lint(common.directory, files)
    if common.as_json:
        print_json(document("lint", problems=problems))
    else:
        for problem in problems:
            terminal.complain(problem)
        click.echo(f"{len(problems)} problems" if problems else "no problems")
    click.get_current_context().exit(exit_code_of(problems))


def _writable_root(common: Common) -> Path:
    """Choose the directory for a new file: never inside an installed package."""
    root = common.directory or runner.sql_root()
    if common.directory is None and (root.parent / "__init__.py").exists():
        raise click.UsageError("say where your files are with --directory or PGCREDITS_SQL")
    return root
