from __future__ import annotations

import re
import signal
import time
from typing import TYPE_CHECKING

import psycopg
import pytest

from tests.cli import demo_run

if TYPE_CHECKING:
    from tests.conftest import Server


def _step(title: str) -> str:
    """What the demo prints for the step with this title."""
    found = re.search(
        rf"^ ?\d+ {re.escape(title)}\n(.*?)\n\n", demo_run.complete().stdout, re.M | re.S
    )
    assert found is not None, f"no step {title!r} in:\n{demo_run.complete().stdout}"
    return found[1]


def test_it_ends_well_and_says_nothing_on_stderr() -> None:
    run = demo_run.complete()
    assert (run.code, run.stderr) == (0, "")


def test_it_takes_less_than_a_minute() -> None:
    assert demo_run.complete().seconds < 60


def test_a_pack_becomes_credits() -> None:
    assert "HTTP 200 applied" in _step("A pack is bought")
    assert "available 100, debt 0" in _step("A pack is bought")


def test_the_same_event_again_books_nothing() -> None:
    assert "HTTP 200 duplicate" in _step("The same event again")
    assert "no new entry" in _step("The same event again")


def test_a_forged_event_is_refused() -> None:
    assert "HTTP 400 refused: bad_signature" in _step("A forged event")
    assert "no new entry" in _step("A forged event")


def test_a_spend_is_replayed() -> None:
    assert "is_replay true" in _step("A spend, sent twice")
    assert "available 120" in _step("A spend, sent twice")


def test_a_renewal_rolls_over_and_expires() -> None:
    step = _step("The subscription renews")
    assert re.search(r"rollover +0 .*lot 2 -10, lot 5 \+10", step)
    assert re.search(r"expire +-10 ", step)


def test_spends_cross_lots() -> None:
    step = _step("Two spends that each cross two lots")
    assert "lot 4 -50, lot 5 -5" in step
    assert "lot 5 -5, lot 1 -20" in step


def test_refunds_take_back_and_leave_debt_for_what_was_spent() -> None:
    assert re.search(r"clawback +-50 +30 +0 ", _step("Half of the pack's money is refunded"))
    step = _step("The rest is refunded, but some of it was spent")
    assert re.search(r"clawback +-50 +-20 +20 +lot 1 -30, debt \+20", step)


def test_a_spend_in_debt_is_refused_until_a_purchase_settles_it() -> None:
    assert "PT402 in_debt: debt 20, required 1" in _step("A spend while in debt")
    step = _step("A purchase settles the debt")
    assert re.search(r"settle +0 +40 +0 +lot 11 -20, debt -20", step)
    assert "available 39, debt 0" in step


def test_a_gift_expires_before_the_sweep_books_it() -> None:
    step = _step("A gift expires")
    granted, seen, swept = re.findall(r"^ +< (.*)$", step, re.M)
    assert granted.endswith("available 64")
    assert seen == "available 39"
    assert swept == "accounts 1, lots 1, credits 25"


def test_a_spend_that_is_too_large_is_refused_with_the_figures() -> None:
    step = _step("A spend that is too large")
    assert "PT402 insufficient_credits: required 1000, available 39 (HTTP 402" in step
    assert "no new entry" in step


def test_the_ledger_verifies() -> None:
    assert "0 findings in 15 entries" in demo_run.complete().stdout


def test_it_shows_no_secret() -> None:
    output = demo_run.complete().stdout.partition("The same by hand")[0]
    assert "whsec_" not in output
    assert "password" not in output


def test_it_is_plain_where_stdout_is_no_terminal() -> None:
    assert "\x1b" not in demo_run.complete().stdout
    assert not [line for line in demo_run.complete().stdout.splitlines() if line != line.rstrip()]


def test_it_leaves_nothing_behind() -> None:
    _assert_nothing_left(demo_run.complete())


@pytest.mark.parametrize(
    "number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL], ids=lambda number: number.name
)
def test_it_leaves_nothing_behind_when_it_is_stopped(number: signal.Signals) -> None:
    started = time.monotonic()
    process = demo_run.start()
    assert process.stdout is not None
    seen = ""
    for line in process.stdout:
        seen += line
        if line.startswith(" 2 "):
            process.send_signal(number)
            break
    run = demo_run.finish(process, started, seen)
    if number == signal.SIGKILL:
        assert run.code == -signal.SIGKILL
    else:
        assert run.code == 1
        assert "interrupted" in run.stderr
    assert "verify()" not in run.stdout
    _assert_nothing_left(run)


def _assert_nothing_left(run: demo_run.Run) -> None:
    """After a kill the watchdog needs a moment."""
    deadline = time.monotonic() + 30
    while (left := demo_run.left_behind(run)) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not left


def test_on_a_server_of_yours_it_plays_in_a_scratch_database(pg_server: Server) -> None:
    started = time.monotonic()
    run = demo_run.finish(demo_run.start(DATABASE_URL=pg_server.dsn()), started)
    assert (run.code, run.stderr) == (0, "")
    assert "scratch database of DATABASE_URL" in run.stdout
    assert "0 findings" in run.stdout
    with psycopg.connect(pg_server.dsn()) as conn:
        left = conn.execute("select datname from pg_database where datname like '%demo%'")
        assert left.fetchall() == []


def test_a_server_that_does_not_answer_is_said_in_one_line() -> None:
    started = time.monotonic()
    url = "postgresql://nobody:hidden-password@127.0.0.1:1/none"
    run = demo_run.finish(demo_run.start(DATABASE_URL=url), started)
    assert run.code == 1
    assert run.stdout == ""
    assert run.stderr.startswith("Error: no scratch database on DATABASE_URL: ")
    assert len(run.stderr.splitlines()) == 1
    assert "hidden-password" not in run.stderr


def test_a_string_that_is_no_address_is_not_quoted() -> None:
    run = demo_run.finish(demo_run.start(DATABASE_URL="host=x hidden-password"), time.monotonic())
    assert run.code == 1
    assert "hidden-password" not in run.stderr
