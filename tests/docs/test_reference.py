"""The reference pages say what the catalogue, the commands and the settings say."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import click

from pgcredits.cli import main
from scripts import build_reference
from tests.docs.pages import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator

    import psycopg

HINT = "run scripts/build_reference.py"
REFERENCE = ROOT / "docs" / "reference"
SETTINGS = (REFERENCE / "settings.md").read_text("utf-8")


def test_the_functions_are_those_of_the_catalogue(conn: psycopg.Connection[Any]) -> None:
    page = (REFERENCE / "functions.md").read_text("utf-8")
    assert page == build_reference.functions_page(conn), HINT


def test_the_commands_are_those_of_the_program() -> None:
    assert (REFERENCE / "cli.md").read_text("utf-8") == build_reference.cli_page(), HINT


def test_every_setting_is_there_with_its_default(conn: psycopg.Connection[Any]) -> None:
    rows = conn.execute("select setting, value from credits_private.settings").fetchall()
    assert rows
    assert not [row for row in rows if f"| `{row[0]}` | `{row[1]}` |" not in SETTINGS]


def test_every_pool_is_in_the_concepts(conn: psycopg.Connection[Any]) -> None:
    concepts = (ROOT / "docs" / "concepts.md").read_text("utf-8")
    rows = conn.execute("select pool, priority, pays_debt from credits_private.pools").fetchall()
    for pool, priority, pays_debt in rows:
        assert f"| `{pool}` | {priority} | {'yes' if pays_debt else 'no'} |" in concepts


def test_every_variable_is_there() -> None:
    used = {
        param.envvar
        for command in _commands(main)
        for param in command.params
        if isinstance(param.envvar, str)
    }
    for source in [*(ROOT / "py").rglob("*.py"), ROOT / "tests" / "conftest.py"]:
        used |= set(re.findall(r'environ(?:\.get)?[\[(]"(\w+)"', source.read_text("utf-8")))
    documented = set(re.findall(r"^\| `([A-Z_]+)` \|", SETTINGS, re.MULTILINE))
    assert "DATABASE_URL" in used
    assert used <= documented


def _commands(command: click.Command) -> Iterator[click.Command]:
    yield command
    if isinstance(command, click.Group):
        context = click.Context(command)
        for name in command.list_commands(context):
            found = command.get_command(context, name)
            assert found is not None
            yield from _commands(found)
