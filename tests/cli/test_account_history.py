"""What `pgcredits account` says about accounts, to people and to programs."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner, Result
from psycopg.conninfo import make_conninfo

from pgcredits.cli import main

if TYPE_CHECKING:
    from tests.client import Credits
    from tests.clock import Clock

NOW = datetime(2026, 1, 1, 12, tzinfo=UTC)
DAY = timedelta(days=1)


def run(dsn: str, *arguments: str, role: str = "credits_reader") -> Result:
    """Run the command with the rights of a role and no more."""
    env = {"DATABASE_URL": make_conninfo(dsn, options=f"-c role={role} -c TimeZone=UTC")}
    return CliRunner(env=env).invoke(main, ["account", *arguments], catch_exceptions=False)


def lines(done: Result) -> list[dict[str, Any]]:
    assert done.exit_code in {0, 1}, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


@pytest.fixture
def hana(credits: Credits, clock: Clock) -> str:
    """Open an account with two lots, four entries and a hold."""
    clock.set(NOW)
    credits.add_purchased_credits("hana", 100, reference="order-7")
    credits.grant_credits("hana", 50, expires_at=NOW + 3 * DAY)
    clock.set(NOW + DAY)
    credits.deduct_credit("hana", 80, feature="video", reference="job-1", member="ann")
    credits.hold_credits("hana", 5, feature="chat", expires_in=DAY)
    return "hana"


def test_show(dsn: str, hana: str) -> None:
    done = run(dsn, "show", hana)
    assert done.exit_code == 0
    first, *rest = done.stdout.splitlines()
    assert first == "hana is active: 65 available, 5 held, 0 owed"
    assert rest == [
        "lot  pool       left  of   expires  from",
        "1    purchased  65    100           grant",
        "hold  holds  of  until                      feature  reference",
        "4     5      5   2026-01-03 12:00:00+00:00  chat",
    ]
    (shown,) = lines(run(dsn, "show", hana, "--json"))
    assert shown["balance"]["available"] == 65
    assert [lot["remaining"] for lot in shown["lots"]] == [65]
    assert [hold["held"] for hold in shown["holds"]] == [5]


def test_entries(dsn: str, hana: str) -> None:
    done = run(dsn, "entries", hana)
    assert done.stdout.splitlines()[:3] == [
        "entry  booked                     kind   amount  balance  "
        "pools                           feature  reference  about",
        "4      2026-01-02 12:00:00+00:00  hold   -5      65       "
        "purchased -5                    chat",
        "3      2026-01-02 12:00:00+00:00  spend  -80     70       "
        "purchased -30, promotional -50  video    job-1",
    ]
    found = lines(run(dsn, "entries", hana, "--json"))
    assert [entry["entry_id"] for entry in found] == [4, 3, 2, 1]
    assert found[3]["created_at"] == "2026-01-01T12:00:00+00:00"


@pytest.mark.parametrize(
    ("arguments", "found"),
    [
        (["--kind", "grant"], [2, 1]),
        (["--feature", "video"], [3]),
        (["--reference", "order-7"], [1]),
        (["--member", "ann"], [3]),
        (["--from", "2026-01-02T00:00:00Z"], [4, 3]),
        (["--to", "2026-01-02T00:00:00Z"], [2, 1]),
        (["--limit", "3"], [4, 3, 2]),
        (["--kind", "settle"], []),
    ],
)
def test_entries_with_filters(dsn: str, hana: str, arguments: list[str], found: list[int]) -> None:
    rows = lines(run(dsn, "entries", hana, "--json", *arguments))
    assert [row["entry_id"] for row in rows] == found


def test_entries_go_on_behind_the_limit_of_a_search(dsn: str, credits: Credits, hana: str) -> None:
    credits.conn.execute(
        "create or replace function credits_private.scan_limit() returns bigint"
        " language sql immutable parallel safe as 'select 1::bigint'"
    )
    rows = lines(run(dsn, "entries", hana, "--json", "--kind", "grant"))
    assert [row["entry_id"] for row in rows] == [2, 1]


def test_explain(dsn: str, hana: str) -> None:
    done = run(dsn, "explain", hana, "3")
    assert done.stdout.splitlines() == [
        "lot  pool         expires                    amount  given back  before  after  why",
        "2    promotional  2026-01-04 12:00:00+00:00  -50     0           50      0      "
        "priority 20 burns before priority 30 of lot 1",
        "1    purchased                               -30     0           100     70     "
        "the last lot with credits",
    ]
    assert [part["lot_id"] for part in lines(run(dsn, "explain", hana, "3", "--json"))] == [2, 1]


def test_balance_at(dsn: str, hana: str) -> None:
    done = run(dsn, "balance-at", hana, "2026-01-01T12:00:00Z")
    assert done.stdout.splitlines() == [
        "hana at 2026-01-01T12:00:00+00:00 (entry 2): 150 available, 0 held, 0 owed",
        "pool          credits",
        "purchased     100",
        "promotional   50",
        "subscription  0",
    ]
    (then,) = lines(run(dsn, "balance-at", hana, "2025-01-01T12:00:00Z", "--json"))
    assert (then["available"], then["entry_id"]) == (0, None)


def test_simulate(dsn: str, credits: Credits, hana: str) -> None:
    credits.grant_credits(hana, 10, expires_at=NOW + 3 * DAY)
    credits.grant_credits(hana, 10, pool="subscription", expires_at=NOW + 9 * DAY)
    done = run(dsn, "simulate", hana, "4")
    assert done.stdout.splitlines() == [
        "lot  amount",
        "6    -4",
        "16 would expire if nothing else is spent, 4 of them sooner than necessary",
        "lot  pool          left  expires",
        "5    promotional   10    2026-01-04T12:00:00+00:00",
        "6    subscription  6     2026-01-10T12:00:00+00:00",
    ]
    done = run(dsn, "simulate", hana, "90")
    assert done.stdout.startswith("it would be refused: insufficient_credits, 5 short\n")
    (spend,) = lines(run(dsn, "simulate", hana, "4", "--json"))
    assert spend["allocations"] == [[6, -4]]


def test_expiring(dsn: str, credits: Credits, hana: str) -> None:
    credits.grant_credits("ida", 7, expires_at=NOW + 4 * DAY)
    credits.grant_credits(hana, 9, expires_at=NOW + 3 * DAY)
    done = run(dsn, "expiring")
    assert done.stdout.splitlines() == [
        "account  status  expires                    credits  pools",
        "hana     active  2026-01-04 12:00:00+00:00  9        promotional 9",
        "ida      active  2026-01-05 12:00:00+00:00  7        promotional 7",
    ]
    assert [row["account_id"] for row in lines(run(dsn, "expiring", "--json"))] == ["hana", "ida"]
    assert [row["credits"] for row in lines(run(dsn, "expiring", "--json", "--within", "48h"))] == [
        9
    ]


@pytest.mark.corrupts
def test_rebuild_and_repair(dsn: str, credits: Credits, hana: str) -> None:
    done = run(dsn, "rebuild", hana)
    assert (done.exit_code, done.stdout) == (0, "lots and holds are what the entries say\n")
    assert lines(run(dsn, "rebuild", hana, "--json")) == []
    credits.conn.execute("update credits_private.lots set granted = 60 where lot_id = 2")
    done = run(dsn, "rebuild", hana)
    assert done.exit_code == 1
    assert done.stdout.splitlines() == [
        "part  number  field    stored  the entries say",
        "lot   2       granted  60      50",
    ]
    assert lines(run(dsn, "rebuild", hana, "--json"))[0]["rebuilt"] == "50"

    told = ["--reason", "stray update", "--person", "ann"]
    done = run(dsn, "repair", hana, *told)
    assert done.exit_code == 1
    assert "permission denied" in done.stderr
    done = run(dsn, "repair", hana, *told, role="credits_admin")
    assert done.stdout.splitlines()[-1] == "hana: entry 5, 1 figures put right"
    assert run(dsn, "rebuild", hana).exit_code == 0
    (repaired,) = lines(run(dsn, "repair", hana, *told, "--json", role="credits_admin"))
    assert (repaired["receipt"]["entry_id"], repaired["differences"]) == (6, [])
    assert credits.verify() == []


@pytest.mark.corrupts
def test_a_repair_that_is_refused_changes_nothing(dsn: str, credits: Credits, hana: str) -> None:
    credits.conn.execute("update credits_private.lots set granted = 60 where lot_id = 2")
    credits.conn.execute("delete from credits_private.lots where lot_id = 1")
    done = run(dsn, "repair", hana, "--reason", "x", "--person", "ann", role="credits_admin")
    assert done.exit_code == 1
    assert "PT409 account cannot be repaired from its entries" in done.stderr
    assert len(credits.rebuild(hana)) == 2


@pytest.mark.parametrize(
    "arguments",
    [
        ["show", "nobody"],
        ["entries", "nobody"],
        ["explain", "nobody", "1"],
        ["explain", "hana", "99"],
        ["balance-at", "nobody", "1d"],
        ["balance-at", "hana", "2999-01-01T00:00:00Z"],
        ["simulate", "nobody", "1"],
        ["simulate", "hana", "0"],
        ["entries", "hana", "--kind", "spent"],
    ],
    ids=" ".join,
)
def test_what_is_not_there_or_refused_is_exit_code_1(
    dsn: str, hana: str, arguments: list[str]
) -> None:
    done = run(dsn, *arguments)
    assert done.exit_code == 1
    assert done.stdout == ""
    assert done.stderr.startswith("Error: ")


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["show"],
        ["explain", "hana", "first"],
        ["balance-at", "hana", "2026-01-01"],
        ["balance-at", "hana", "yesterday"],
        ["entries", "hana", "--limit", "0"],
        ["expiring", "--within", "soon"],
        ["expiring", "--within", "999999999w"],
        ["repair", "hana", "--reason", "x"],
    ],
    ids=" ".join,
)
def test_wrong_usage_is_exit_code_2(arguments: list[str]) -> None:
    done = CliRunner(env={"DATABASE_URL": "postgresql:///x"}).invoke(main, ["account", *arguments])
    assert done.exit_code == 2


def test_without_a_connection_rebuild_says_that_nobody_knows() -> None:
    for url in ("postgresql://u:hidden-password@127.0.0.1:1/x", "u hidden-password"):
        for command, code in (["rebuild", 2], ["show", 1]):
            done = CliRunner(env={"DATABASE_URL": url}).invoke(
                main, ["account", str(command), "hana"]
            )
            assert done.exit_code == code
            assert "hidden-password" not in done.output
