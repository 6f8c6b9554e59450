"""`pgcredits account transfer`, `merge` and `erase`."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner, Result
from psycopg.conninfo import make_conninfo

from pgcredits.cli import main, rehearsal
from tests.functions.support import unchanged

if TYPE_CHECKING:
    from tests.client import Credits

URL = "postgresql:///x"


def run(
    dsn: str, *arguments: str, role: str = "credits_admin", answer: str | None = None
) -> Result:
    """Run a command with the rights of a role and no more."""
    restricted = make_conninfo(dsn, options=f"-c role={role}")
    return CliRunner(env={"DATABASE_URL": restricted}).invoke(
        main, ["account", *arguments], input=answer
    )


@pytest.fixture
def stocked(credits: Credits) -> Credits:
    credits.add_purchased_credits("ann", 100, reference="p")
    credits.grant_credits("ann", 5, metadata={"mail": "ann@example.com"})
    return credits


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody sits there and can be asked."""

    class Terminal:
        @staticmethod
        def isatty() -> bool:
            return True

    class System:
        stdin = Terminal()

    monkeypatch.setattr(rehearsal, "sys", System)


def test_a_transfer(dsn: str, stocked: Credits) -> None:
    told = run(
        dsn, "transfer", "ann", "bob", "30", "--key", "k", "--pool", "purchased",
        role="credits_service",
    )  # fmt: skip
    assert told.exit_code == 0, told.output
    assert told.stdout.splitlines() == [
        "ann: entry 3, transfer, booked",
        "ann: available 105 -> 75",
        "bob: available 0 -> 30, unknown -> active",
    ]
    again = run(dsn, "transfer", "ann", "bob", "30", "--key", "k", "--pool", "purchased")
    assert again.stdout.splitlines()[0] == "ann: entry 3, transfer, was booked before"
    assert stocked.pools("bob") == {"purchased": 30}


def test_json(dsn: str, stocked: Credits) -> None:
    told = run(dsn, "transfer", "ann", "bob", "30", "--key", "k", "--json")
    report: dict[str, Any] = json.loads(told.stdout)
    assert (report["dry_run"], report["receipt"]["amount"]) == (False, -30)
    assert [one["after"]["available"] for one in report["accounts"]] == [75, 30]
    assert stocked.available("bob") == 30


@pytest.mark.parametrize(
    "arguments",
    [
        ("transfer", "ann", "bob", "30", "--key", "k"),
        ("merge", "ann", "bob"),
        ("erase", "ann", "--reason", "asked for"),
    ],
    ids=lambda arguments: arguments[0],
)
def test_a_rehearsal_changes_nothing(
    dsn: str, stocked: Credits, arguments: tuple[str, ...]
) -> None:
    with unchanged(stocked):
        told = run(dsn, *arguments, "--dry-run")
    assert told.exit_code == 0, told.output
    assert "would be booked" in told.stdout.splitlines()[0]


def test_a_merge_shows_what_will_be_and_asks(dsn: str, stocked: Credits, terminal: None) -> None:
    refused = run(dsn, "merge", "ann", "bob", answer="n\n")
    assert refused.exit_code == 1
    assert "ann: available 105 -> 0, active -> closed" in refused.stderr
    assert "Merge ann into bob, for good?" in refused.stderr
    assert stocked.get_balance("ann").status == "active"
    told = run(dsn, "merge", "ann", "bob", answer="y\n")
    assert told.exit_code == 0, told.output
    assert stocked.available("bob") == 105


@pytest.mark.usefixtures("terminal")
def test_nobody_is_asked_with_yes(dsn: str, stocked: Credits) -> None:
    assert run(dsn, "merge", "ann", "bob", "--yes").exit_code == 0
    assert run(dsn, "erase", "ann", "--reason", "asked for", "--yes").exit_code == 0
    assert stocked.entries("ann")[1].metadata is None


def test_where_there_is_no_terminal_nobody_is_asked(dsn: str, stocked: Credits) -> None:
    told = run(dsn, "merge", "ann", "bob", "--if-holds", "release", "--reference", "ticket-1")
    assert told.exit_code == 0, told.output
    assert stocked.entries("ann")[-1].reference == "ticket-1"


def test_an_erasure_asks(dsn: str, stocked: Credits, terminal: None) -> None:
    assert run(dsn, "erase", "ann", "--reason", "asked for", answer="n\n").exit_code == 1
    assert stocked.entries("ann")[1].metadata
    told = run(dsn, "erase", "ann", "--reason", "asked for", "--key", "k", answer="y\n")
    assert told.stdout.splitlines()[0] == "ann: entry 3, erase, booked"
    assert stocked.entries("ann")[1].metadata is None


def test_a_refusal_is_told_before_anybody_is_asked(
    dsn: str, stocked: Credits, terminal: None
) -> None:
    stocked.hold_credits("ann", 1)
    told = run(dsn, "merge", "ann", "bob", answer="y\n")
    assert told.exit_code == 1
    assert "PT409" in told.stderr
    assert "for good?" not in told.stderr


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("transfer", "ann", "bob", "1000", "--key", "k"), "PT402"),
        (("transfer", "ann", "ann", "1", "--key", "k"), "PT400"),
        (("erase", "nobody", "--reason", "x"), "PT404"),
    ],
)
def test_what_is_refused_is_exit_code_1(
    dsn: str, stocked: Credits, arguments: tuple[str, ...], said: str
) -> None:
    told = run(dsn, *arguments)
    assert told.exit_code == 1
    assert said in told.stderr
    assert stocked.available("ann") == 105


def test_who_may_not_erase(dsn: str, stocked: Credits) -> None:
    told = run(dsn, "erase", "ann", "--reason", "x", role="credits_service")
    assert told.exit_code == 1
    assert "42501" in told.stderr
    assert stocked.entries("ann")[1].metadata


@pytest.mark.parametrize(
    "arguments",
    [
        ["transfer", "ann", "bob"],
        ["transfer", "ann", "bob", "5"],
        ["transfer", "ann", "bob", "many", "--key", "k"],
        ["merge", "ann"],
        ["merge", "ann", "bob", "--if-holds", "keep"],
        ["erase", "ann"],
    ],
)
def test_wrong_usage_is_exit_code_2(arguments: list[str]) -> None:
    done = CliRunner(env={"DATABASE_URL": URL}).invoke(main, ["account", *arguments])
    assert done.exit_code == 2


def test_no_password_is_printed() -> None:
    for url in ("postgresql://u:hidden-password@127.0.0.1:1/x", "u hidden-password"):
        done = CliRunner(env={"DATABASE_URL": url}).invoke(
            main, ["account", "transfer", "ann", "bob", "5", "--key", "k"]
        )
        assert done.exit_code == 1
        assert "hidden-password" not in done.output
