"""Migrations are frozen once they are released, and an upgrade ends where an install does.

A release is a tag v* of the repository around the tests. Before the first one there is nothing to
keep, so the machinery is tried on a repository made for the purpose. A shallow clone has no tags,
so it cannot tell, and fails; an unpacked archive has no history at all, and says so.
"""

from __future__ import annotations

import io
import re
import shutil
import subprocess
import zipfile
from pathlib import Path

import psycopg
import pytest

from pgcredits import migrate
from tests.migrations.programs import dumped

CHECKOUT = Path(__file__).resolve().parents[2]
BEFORE_THE_FIRST = "no release yet: no tag v*"

AS_TEST = [
    *("-c", "user.name=test"),
    *("-c", "user.email=test@example.com"),
    *("-c", "commit.gpgsign=false"),
]

SEED = (
    "select credits.open_account('upgraded')",
    "select credits.grant_credits('upgraded', 100)",
    "select credits.deduct_credit('upgraded', 30)",
)
BALANCE = "select b.balance from credits.get_balance('upgraded') as b"


def git(repository: Path, *arguments: str) -> bytes:
    command = ["git", "-c", "safe.directory=*", *AS_TEST, "-C", str(repository), *arguments]
    return subprocess.run(command, check=True, capture_output=True).stdout


def require_history(repository: Path) -> None:
    """Fail where releases are hidden from us; skip where there cannot be any."""
    if not (repository / ".git").exists():
        pytest.skip(f"{repository} has no .git: an unpacked archive does not know former releases")
    if git(repository, "rev-parse", "--is-shallow-repository").strip() == b"true":
        pytest.fail(
            f"{repository} is a shallow clone, which does not know former releases:"
            " git fetch --unshallow --tags"
        )


def releases(repository: Path) -> list[str]:
    """Tags v1.2.3 in the order of their versions; none outside of a repository."""
    if not (repository / ".git").exists():
        return []
    tags = git(repository, "tag", "--list", "v[0-9]*").decode().split()
    return sorted(tags, key=lambda tag: [int(n) for n in re.findall(r"\d+", tag)])


def files_of(repository: Path, tag: str, target: Path) -> Path:
    """The SQL files of a release, unpacked below ``target``."""
    archive = git(repository, "archive", "--format=zip", tag, "sql")
    with zipfile.ZipFile(io.BytesIO(archive)) as unpacked:
        unpacked.extractall(target)
    return target / "sql"


def not_frozen(released: Path, current: Path) -> list[str]:
    """Migrations of a release that are missing or have another name or text now."""
    now = {file.name: file.checksum for file in migrate.discover(current).versioned}
    return [
        file.name
        for file in migrate.discover(released).versioned
        if now.get(file.name) != file.checksum
    ]


def upgrade(dsn: str, released: Path, current: Path) -> None:
    """Install a release, use it, upgrade it; the ledger must come through unchanged."""
    migrate.apply(dsn, root=released)
    with psycopg.connect(dsn, autocommit=True) as conn:
        for statement in SEED:
            conn.execute(statement)
    migrate.apply(dsn, root=current)
    with psycopg.connect(dsn, autocommit=True) as conn:
        assert conn.execute(BALANCE).fetchall() == [(70,)]
        assert conn.execute("select * from credits.verify()").fetchall() == []
    assert migrate.verify(dsn, root=current).problems == ()
    assert migrate.apply(dsn, root=current).applied == ()


RELEASES = releases(CHECKOUT)


@pytest.mark.parametrize("tag", RELEASES or [BEFORE_THE_FIRST])
def test_an_upgrade_ends_where_an_install_does(
    tag: str, empty_dsn: str, released_dsn: str, tmp_path: Path
) -> None:
    require_history(CHECKOUT)
    if tag == BEFORE_THE_FIRST:
        assert releases(CHECKOUT) == []
        return
    upgrade(empty_dsn, files_of(CHECKOUT, tag, tmp_path), migrate.sql_root())
    assert dumped(empty_dsn) == dumped(released_dsn)


@pytest.mark.parametrize("tag", RELEASES[-1:] or [BEFORE_THE_FIRST])
def test_released_migrations_are_frozen(tag: str, tmp_path: Path) -> None:
    require_history(CHECKOUT)
    if tag == BEFORE_THE_FIRST:
        assert releases(CHECKOUT) == []
        return
    assert not_frozen(files_of(CHECKOUT, tag, tmp_path), migrate.sql_root()) == []


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A repository whose releases v0.9.0 and v0.10.0 are the files as they are."""
    root = tmp_path / "repository"
    shutil.copytree(migrate.sql_root(), root / "sql")
    git_init = ["git", "init", "--quiet", str(root)]
    subprocess.run(git_init, check=True, capture_output=True)
    git(root, "add", "sql")
    git(root, "commit", "--quiet", "-m", "all")
    for tag in ("v0.9.0", "v0.10.0", "other"):
        git(root, "tag", tag)
    return root


def test_releases_are_found_in_order(repository: Path, tmp_path: Path) -> None:
    assert releases(repository) == ["v0.9.0", "v0.10.0"]
    assert releases(tmp_path) == []


def test_a_shallow_clone_is_no_excuse(repository: Path, tmp_path: Path) -> None:
    git(repository, "commit", "--quiet", "--allow-empty", "-m", "after the releases")
    shallow = tmp_path / "shallow"
    git(repository, "clone", "--quiet", "--depth=1", repository.as_uri(), str(shallow))
    assert releases(shallow) == []
    with pytest.raises(pytest.fail.Exception, match="git fetch --unshallow --tags"):
        require_history(shallow)
    git(shallow, "fetch", "--quiet", "--unshallow", "--tags")
    require_history(shallow)
    assert releases(shallow) == releases(repository)


def test_an_archive_says_why_it_is_not_asked(tmp_path: Path) -> None:
    with pytest.raises(pytest.skip.Exception, match=r"has no \.git"):
        require_history(tmp_path)


def test_an_edited_migration_is_noticed(repository: Path, tmp_path: Path) -> None:
    released = files_of(repository, "v0.10.0", tmp_path / "released")
    current = repository / "sql"
    assert not_frozen(released, current) == []
    [first, *_, last] = migrate.discover(current).versioned
    first.path.write_text(first.text.replace("create table", "create  table"), "utf-8")
    last.path.unlink()
    assert not_frozen(released, current) == [first.name, last.name]


def test_a_release_is_upgraded(repository: Path, tmp_path: Path, empty_dsn: str) -> None:
    released = files_of(repository, "v0.10.0", tmp_path / "released")
    current = repository / "sql"
    path = migrate.new("note", root=current)
    path.write_text("comment on schema credits is 'upgraded';", "utf-8")
    upgrade(empty_dsn, released, current)
    with psycopg.connect(empty_dsn) as conn:
        query = "select obj_description('credits'::regnamespace, 'pg_namespace')"
        assert conn.execute(query).fetchall() == [("upgraded",)]
