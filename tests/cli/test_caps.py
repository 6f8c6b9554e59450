"""`pgcredits account cap`: set, remove and list what members may use."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner, Result
from psycopg.conninfo import make_conninfo

from pgcredits.cli import caps, main
from tests.functions.support import NOW, unchanged

if TYPE_CHECKING:
    from tests.client import Credits
    from tests.clock import Clock


def run(dsn: str, *arguments: str, role: str = "credits_service") -> Result:
    """Run a command with the rights of a role and no more."""
    restricted = make_conninfo(dsn, options=f"-c role={role}")
    return CliRunner(env={"DATABASE_URL": restricted}).invoke(main, ["account", "cap", *arguments])


@pytest.fixture
def acme(credits: Credits, clock: Clock) -> Credits:
    """Somebody who has used 30 and has no cap."""
    clock.set(NOW)
    credits.grant_credits("acme", 100)
    credits.deduct_credit("acme", 30, member="mia")
    return credits


def test_a_cap_is_set_replaced_listed_and_removed(dsn: str, acme: Credits) -> None:
    told = run(dsn, "set", "acme", "mia", "lifetime", "50", "--reference", "ticket-1")
    assert told.exit_code == 0, told.output
    assert told.stdout.splitlines() == [
        "acme: entry 3, cap, booked",
        "mia, lifetime: no cap -> 50, of which 30 used",
    ]
    assert acme.entries("acme")[-1].reference == "ticket-1"
    again = run(dsn, "set", "acme", "mia", "lifetime", "0", "--key", "k", role="credits_admin")
    assert again.stdout.splitlines()[1].endswith("50, of which 30 used -> 0, of which 30 used")
    replay = run(dsn, "set", "acme", "mia", "lifetime", "0", "--key", "k")
    assert replay.stdout.splitlines()[0] == "acme: entry 4, cap, was booked before"
    listed = run(dsn, "list", "acme", role="credits_reader")
    assert listed.stdout.splitlines() == ["mia, lifetime: 0, of which 30 used"]
    removed = run(dsn, "remove", "acme", "mia", "lifetime")
    assert removed.stdout.splitlines()[1] == "mia, lifetime: 0, of which 30 used -> no cap"
    assert run(dsn, "list", "acme").stdout == ""


def test_a_rehearsal_changes_nothing(dsn: str, acme: Credits) -> None:
    acme.set_member_cap("acme", "mia", "lifetime", 40)
    with unchanged(acme):
        told = run(dsn, "set", "acme", "mia", "lifetime", "50", "--dry-run")
        taken = run(dsn, "remove", "acme", "mia", "lifetime", "--dry-run")
    assert told.stdout.splitlines() == [
        "acme: entry 4, cap, would be booked",
        "mia, lifetime: 40, of which 30 used -> 50, of which 30 used",
    ]
    assert taken.stdout.splitlines()[1].endswith("-> no cap")


def test_a_period_says_when_it_ends(dsn: str, acme: Credits) -> None:
    told = run(dsn, "set", "acme", "mia", "day", "50", "--json")
    report = json.loads(told.stdout)
    assert (report["before"], report["after"]["left"]) == (None, 20)
    assert (report["dry_run"], report["receipt"]["kind"]) == (False, "cap")
    listed = run(dsn, "list", "acme", "--member", "mia")
    assert listed.stdout.splitlines() == [
        "mia, day: 50, of which 30 used, until 2030-01-02T00:00:00+00:00"
    ]


def test_all_pages_are_listed(dsn: str, acme: Credits, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(caps, "_PAGE", 2)
    for member in "edcba":
        acme.set_member_cap("acme", member, "lifetime", 5)
    listed = json.loads(run(dsn, "list", "acme", "--json").stdout)
    assert [usage["member"] for usage in listed] == [*"abcde"]
    (only,) = json.loads(run(dsn, "list", "acme", "--json", "--member", "c").stdout)
    assert [cap["cap"] for cap in only["caps"]] == [5]


@pytest.mark.parametrize(
    ("arguments", "role", "said"),
    [
        (("set", "nobody", "mia", "day", "5"), "credits_service", "PT404"),
        (("set", "acme", "mia", "day", str(2**53)), "credits_service", "PT400"),
        (("set", "acme", "", "day", "5"), "credits_service", "PT400"),
        (("remove", "acme", "mia", "day"), "credits_reader", "42501"),
        (("list", "acme"), "credits_user", "42501"),
    ],
)
def test_what_is_refused_is_exit_code_1(
    dsn: str, acme: Credits, arguments: tuple[str, ...], role: str, said: str
) -> None:
    with unchanged(acme):
        told = run(dsn, *arguments, role=role)
    assert told.exit_code == 1
    assert said in told.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        ["set", "acme", "mia", "day"],
        ["set", "acme", "mia", "year", "5"],
        ["set", "acme", "mia", "day", "many"],
        ["remove", "acme", "mia"],
        ["list"],
    ],
)
def test_wrong_usage_is_exit_code_2(arguments: list[str]) -> None:
    assert run("postgresql:///x", *arguments).exit_code == 2
