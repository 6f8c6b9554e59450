"""What the README and the docs show is what happens."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import click
import pytest

from pgcredits.cli import main
from tests.cli import demo_run
from tests.docs import pages

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import psycopg

    from tests.docs.pages import Block

RUNNABLE = {("sql", "runnable"), ("python", "runnable")}
KNOWN = {
    *RUNNABLE,
    ("text", "output"),
    ("text", "demo"),
    ("text", "answer"),
    ("js", "runnable"),  # by tests/http/test_docs.py, as is the next one
    ("sql", "supabase"),
    ("sql", "later"),
    ("text", "later"),
    *((language, "") for language in ("sql", "text", "sh", "js", "ini")),
}
WITH_CODE = [
    path
    for path in pages.PAGES
    if any((block.language, block.purpose) in RUNNABLE for block in pages.blocks(path))
]


def _python(code: str, dsn: str) -> str:
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code],
        check=False,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env={**os.environ, "DATABASE_URL": dsn},
    )
    assert done.returncode == 0, done.stdout
    return done.stdout


def test_there_is_something_to_check() -> None:
    assert len(WITH_CODE) >= 7
    assert pages.marked("text", "demo")


@pytest.mark.parametrize("path", pages.PAGES, ids=pages.name)
def test_blocks_are_marked_as_the_tests_understand_them(path: Path) -> None:
    assert not [
        str(block) for block in pages.blocks(path) if (block.language, block.purpose) not in KNOWN
    ]
    assert path.read_text("utf-8").count("```") == 2 * len(pages.blocks(path))


@pytest.mark.parametrize("path", WITH_CODE, ids=pages.name)
def test_blocks_run_and_print_what_is_shown(path: Path, dsn: str, roles: None) -> None:
    shown: Block | None
    for block, shown in pairwise([*pages.blocks(path), None]):
        assert block is not None
        if (block.language, block.purpose) not in RUNNABLE:
            continue
        run = pages.psql if block.language == "sql" else lambda dsn, code: _python(code, dsn)
        printed = run(dsn, block.text)
        if shown is not None and shown.purpose == "output":
            assert pages.normal(printed) == pages.normal(shown.text), f"{block} prints:\n{printed}"
        else:
            assert "ERROR" not in printed, f"{block} prints:\n{printed}"


@pytest.fixture
def roles(conn: psycopg.Connection[Any]) -> Iterator[None]:
    """Roles belong to the server: drop what the pages create."""
    yield
    for block in pages.marked("sql", "runnable"):
        for role in re.findall(r"^create role (\w+)", block.text, re.MULTILINE):
            if conn.execute("select to_regrole(%s)", (role,)).fetchone() != (None,):
                conn.execute(f'drop owned by "{role}"')
                conn.execute(f'drop role "{role}"')


@pytest.mark.parametrize("path", pages.PAGES, ids=pages.name)
def test_shown_output_follows_what_prints_it(path: Path) -> None:
    before = [None, *pages.blocks(path)]
    for earlier, block in zip(before, pages.blocks(path), strict=False):
        if block.purpose == "output":
            assert earlier is not None, block
            assert (earlier.language, earlier.purpose) in {*RUNNABLE, ("js", "runnable")}, block


@pytest.mark.parametrize("block", pages.marked("text", "demo"), ids=str)
def test_quoted_lines_are_what_the_demo_prints(block: Block) -> None:
    printed = "\n".join(pages.normal(demo_run.complete().stdout))
    position = 0
    for part in block.text.split(pages.GAP):
        wanted = "\n".join(pages.normal(part))
        position = printed.find(wanted, position)
        assert position >= 0, f"the demo does not print, or not in this order:\n{part}"
        position += len(wanted)


def test_the_readme_is_short() -> None:
    assert len((pages.ROOT / "README.md").read_text("utf-8").splitlines()) < 250


@pytest.mark.parametrize("path", pages.PAGES, ids=pages.name)
def test_links_lead_somewhere(path: Path) -> None:
    broken = []
    for target in re.findall(r"\]\(([^)\s]+)\)", path.read_text("utf-8")):
        if re.match(r"[a-z]+:", target):
            continue
        file, _, anchor = target.partition("#")
        page = (path.parent / file).resolve() if file else path
        if not page.exists() or (anchor and anchor not in _anchors(page)):
            broken.append(target)
    assert not broken


def _anchors(page: Path) -> set[str]:
    headings = re.findall(r"^#+ (.+)$", page.read_text("utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def _shell_lines() -> list[tuple[str, str]]:
    return [
        (str(block), line)
        for path in pages.PAGES
        for block in pages.blocks(path)
        if block.language == "sh"
        for line in block.text.splitlines()
    ]


def test_commands_and_options_exist() -> None:
    wrong = []
    for where, line in _shell_lines():
        words = shlex.split(line, comments=True)
        if words[:1] != ["pgcredits"]:
            continue
        command: click.Command = main
        names: set[str] = set()
        for word in words[1:]:
            if isinstance(command, click.Group) and not word.startswith("-"):
                found = command.get_command(click.Context(command), word)
                if found is None:
                    wrong.append(f"{where}: {line}")
                    break
                command = found
            names |= {name for param in command.params for name in param.opts}
            if word.startswith("-") and word not in names:
                wrong.append(f"{where}: {word}")
    assert not wrong


def test_make_targets_exist() -> None:
    targets = set(re.findall(r"^([a-z]+):", (pages.ROOT / "Makefile").read_text(), re.MULTILINE))
    used = {line.split()[1] for _, line in _shell_lines() if line.startswith("make ")}
    assert {"demo", "test"} <= used <= targets


def test_files_named_in_commands_exist() -> None:
    files = [
        word
        for _, line in _shell_lines()
        for word in shlex.split(line, comments=True)
        if re.fullmatch(r"(scripts|examples)/\S+", word)
    ]
    assert files
    assert not [file for file in files if not (pages.ROOT / file).is_file()]


def test_javascript_calls_functions_and_arguments_that_exist(
    conn: psycopg.Connection[Any],
) -> None:
    known = {
        name: set(arguments)
        for name, arguments in conn.execute(
            "select proname, proargnames from pg_proc"
            " where pronamespace = 'credits'::regnamespace and proargnames is not null"
        )
    }
    texts = [
        block.text
        for path in pages.PAGES
        for block in pages.blocks(path)
        if (block.language, block.purpose) == ("js", "")
    ]
    texts += [path.read_text("utf-8") for path in (pages.ROOT / "examples").glob("*.js")]
    calls = [
        call
        for text in texts
        for call in re.findall(r"""\.rpc\(['"](\w+)['"], \{(.*?)\}""", text, re.S)
    ]
    assert len(calls) == sum(text.count(".rpc(") for text in texts) > 1
    for name, arguments in calls:
        assert set(re.findall(r"\b(p_\w+):", arguments)) <= known[name], name
