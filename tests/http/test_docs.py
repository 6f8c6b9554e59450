"""The examples for Supabase run in a project of its kind."""

from __future__ import annotations

import subprocess
import uuid
from itertools import pairwise
from typing import TYPE_CHECKING

import psycopg
import pytest

from tests.docs import pages
from tests.http.clients import token
from tests.http.server import MODULES

if TYPE_CHECKING:
    from pathlib import Path

    from tests.client import Credits
    from tests.http.conftest import Project

HOWTO = pages.ROOT / "docs" / "howto"
PAGE = HOWTO / "supabase.md"
_BEFORE = """
import { createClient } from "@supabase/supabase-js";
const options = { auth: { persistSession: false, autoRefreshToken: false } };
const [url, serviceKey, userKey, userId] = process.argv.slice(2);
const supabase = createClient(url, serviceKey, options);
const browser = createClient(url, userKey, options);
"""


@pytest.mark.parametrize("page", [PAGE, HOWTO / "accounts.md"], ids=pages.name)
def test_the_javascript_prints_what_the_page_says(project: Project, node: str, page: Path) -> None:
    blocks = pages.blocks(page)
    user = str(uuid.uuid4())
    script = _BEFORE + "".join(
        f"{{\n{block.text}}}\n"
        for block in blocks
        if (block.language, block.purpose) == ("js", "runnable")
    )
    program = MODULES.parent / f".{user}.mjs"
    program.write_text(script)
    try:
        done = subprocess.run(
            [
                node,
                program,
                project.gateway,
                token("service_role"),
                token("authenticated", user),
                user,
            ],
            check=False,
            capture_output=True,
            text=True,
            timeout=120,
        )
    finally:
        program.unlink()
    assert done.returncode == 0, done.stderr
    assert done.stdout == "".join(
        shown.text
        for block, shown in pairwise(blocks)
        if (block.language, shown.purpose) == ("js", "output")
    )


def test_the_sql_gives_every_user_the_welcome_once(project: Project, database: Credits) -> None:
    early, late = str(uuid.uuid4()), str(uuid.uuid4())
    with psycopg.connect(project.login("postgres_of_the_project"), autocommit=True) as conn:
        conn.execute("insert into auth.users (id) values (%s)", (early,))
        statements = [b.text for b in pages.blocks(PAGE) if b.purpose == "supabase"]
        assert len(statements) == 3
        for text in statements[:2]:
            conn.execute(text.encode())
        conn.execute("insert into auth.users (id) values (%s)", (late,))
        assert database.get_balance(early).available == 0
        assert database.get_balance(late).available == 10
        for _ in range(2):
            conn.execute(statements[2].encode())
            assert database.get_balance(early).available == 10
            assert database.get_balance(late).available == 10


def test_a_welcome_that_fails_does_not_keep_the_user_out(
    project: Project, database: Credits
) -> None:
    user = str(uuid.uuid4())
    with (
        psycopg.connect(project.dsn, autocommit=True) as conn,
        conn.transaction(force_rollback=True),
    ):
        conn.execute("drop trigger if exists welcome on auth.users")
        conn.execute("drop function if exists public.welcome()")
        conn.execute("set local role postgres_of_the_project")
        text = next(b.text for b in pages.blocks(PAGE) if "create trigger" in b.text)
        conn.execute(text.replace("new.id::text, 10", "new.id::text, -10").encode())
        conn.execute("insert into auth.users (id) values (%s)", (user,))
        row = conn.execute("select count(*) from auth.users where id = %s", (user,)).fetchone()
        assert row == (1,)
    assert database.get_balance(user).status is None
