from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import pytest

from pgcredits.migrate import MigrateError, discover, fingerprint, sql_root
from pgcredits.migrate.files import normalise

if TYPE_CHECKING:
    from tests.migrations.tree import Tree


def refused(tree: Tree) -> list[tuple[str, str | None]]:
    with pytest.raises(MigrateError) as caught:
        discover(tree.root)
    assert caught.value.exit_code == 2
    return [(problem.code, problem.id) for problem in caught.value.problems]


def test_what_editors_and_git_change_does_not_count() -> None:
    plain = b"select 1;\nselect 2;"
    assert normalise(plain) == "select 1;\nselect 2;"
    for same in (
        plain + b"\n",
        plain + b" \t\r\n\n",
        b"\xef\xbb\xbf" + plain,
        b"select 1;\r\nselect 2;",
    ):
        assert normalise(same) == normalise(plain)
    for other in (b" " + plain, b"select 1; \nselect 2;", plain + b"\xc2\xa0"):
        assert normalise(other) != normalise(plain)


def test_checksum_is_sha256_of_the_normalised_text(bare: Tree) -> None:
    bare.migration("0001_a", b"\xef\xbb\xbfselect '\xc3\xa9';\r\n\r\n")
    file = discover(bare.root).by_id["0001"]
    assert file.checksum == hashlib.sha256("select 'é';".encode()).hexdigest()
    assert (file.kind, file.name, file.label) == ("versioned", "0001_a.sql", "0001_a")


def test_ids_and_order(tree: Tree) -> None:
    tree.write("migrations/.hidden", "x")
    tree.write("migrations/README.md", "x")
    assert [file.id for file in discover(tree.root)] == [
        "bootstrap.sql",
        "0001",
        "0002",
        "functions/api/count_things.sql",
        "functions/private/things_counted.sql",
        "functions/access.sql",
    ]


def test_fingerprint_is_over_sorted_ids_and_checksums(tree: Tree) -> None:
    files = {file.id: file.checksum for file in discover(tree.root)}
    text = "".join(f"{id}:{files[id]}\n" for id in sorted(files))  # noqa: A001
    assert fingerprint(tree.root) == hashlib.sha256(text.encode()).hexdigest()
    tree.function("credits.count_things", "select 2")
    assert fingerprint(tree.root) != hashlib.sha256(text.encode()).hexdigest()


@pytest.mark.parametrize(
    "path",
    [
        "migrations/3_short.sql",
        "migrations/0003-dash.sql",
        "migrations/0003_Upper.sql",
        "migrations/0003_.sql",
        "migrations/0003_a.SQL",
        "migrations/0003_a.sql.orig",
        "migrations/notes.txt",
        "functions/stray.sql",
        "functions/api/Upper.sql",
        "functions/api/a.sql~",
    ],
)
def test_bad_name(tree: Tree, path: str) -> None:
    tree.write(path, "select 1;")
    assert refused(tree) == [("bad_name", path)]


def test_duplicate_number_and_gap(tree: Tree) -> None:
    tree.migration("0002_other", "select 1;")
    tree.migration("0004_late", "select 1;")
    assert refused(tree) == [("duplicate_number", "0002"), ("number_gap", "0004")]


def test_numbers_start_at_one(bare: Tree) -> None:
    bare.migration("0002_a", "select 1;")
    assert refused(bare) == [("number_gap", "0002")]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (b"select '\xe9';", "not_text"),
        (b"select '\0';", "not_text"),
        (b"select 1;\n\\i other.sql\n", "psql_command"),
        (b"\\restrict abc\nselect 1;\n", "psql_command"),
        (b"copy credits_private.things from stdin;\n", "copy_from_stdin"),
        (b"select 1;\ncommit;\n", "transaction_control"),
        (b"BEGIN;\nselect 1;\n", "transaction_control"),
        (b"start transaction;", "transaction_control"),
        (b"select 1; rollback to savepoint x", "transaction_control"),
        (b"prepare transaction 'x'", "transaction_control"),
    ],
)
def test_what_a_file_may_not_hold(tree: Tree, text: bytes, code: str) -> None:
    tree.migration("0003_bad", text)
    assert refused(tree) == [(code, "0003")]


@pytest.mark.parametrize(
    "text",
    [
        "select '\\i x', E'\\\\', $$\n\\i x\n$$; -- \\i\n/* \\ */",
        "do $$ begin perform 1; end $$;",
        "create table credits_private.c (begin int, commit int); -- commit;",
        "copy credits_private.things to stdout;",
    ],
)
def test_harmless_lookalikes(tree: Tree, text: str) -> None:
    tree.migration("0003_good", text)
    discover(tree.root)


def test_the_message_shows_the_place(tree: Tree) -> None:
    path = tree.migration("0003_bad", "select 1;\n  commit;\n")
    with pytest.raises(MigrateError, match=r"0003_bad\.sql:2:3: transaction control") as caught:
        discover(tree.root)
    assert f"{path}:2:3" in str(caught.value)
    assert "  commit;\n  ^" in str(caught.value)


def test_no_directory(tree: Tree) -> None:
    tree.remove("bootstrap.sql")
    assert refused(tree) == [("no_directory", None)]


def test_the_real_tree_is_found_and_sound() -> None:
    source = discover()
    assert source.root == sql_root()
    assert source.versioned
    assert source.access is not None
    assert source.fingerprint == fingerprint()
    for file in source.functions:
        schema = {"api": "credits", "private": "credits_private"}[file.path.parent.name]
        assert file.defines == {f"{schema}.{file.path.stem}"}
