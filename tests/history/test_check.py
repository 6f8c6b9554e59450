"""The checker itself: a small history that holds, and each way in which one can be false."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import psycopg
import pytest

from tests.history.check import outcomes, problems
from tests.history.record import (
    Acknowledged,
    History,
    Invocation,
    Recorder,
    Refused,
    Undone,
    Unknown,
)
from tests.model.call import call

if TYPE_CHECKING:
    from collections.abc import Callable

    from pgcredits.rpc import Entry
    from tests.client import Credits

Told = list[Invocation]


@pytest.fixture
def connect(dsn: str) -> Callable[[], psycopg.Connection[Any]]:
    return lambda: psycopg.connect(dsn, autocommit=True)


@pytest.fixture
def history(connect: Callable[[], psycopg.Connection[Any]]) -> History:
    """0 buys, 1 spends, 2 is refused, 3 spends, 4 replays 3, 5 reads; 6 and 7 are a transaction."""
    history = History()
    with Recorder(history, connect) as session:
        session.make(call("add_purchased_credits", "ann", amount=100, reference="pack"))
        session.make(call("deduct_credit", "ann", amount=30, idempotency_key="job-1"))
        session.make(call("deduct_credit", "ann", amount=71, idempotency_key="job-2"))
        session.make(call("deduct_credit", "ann", amount=50, idempotency_key="job-3"))
        session.make(call("deduct_credit", "ann", amount=50, idempotency_key="job-3"))
        session.make(call("get_balance", "ann"))
        with session.transaction():
            session.make(call("deduct_credit", "ann", amount=1, idempotency_key="job-4"))
            session.make(call("deduct_credit", "ann", amount=2, idempotency_key="job-5"))
    return history


@pytest.fixture
def ledgers(history: History, credits: Credits) -> dict[str, list[Entry]]:
    return {"ann": credits.entries("ann")}


def test_it_holds(history: History, ledgers: dict[str, list[Entry]]) -> None:
    assert problems(history, ledgers) == []
    assert outcomes(history) == {"acknowledged": 7, "insufficient_credits": 1}


def _told(one: Invocation, **changed: Any) -> Invocation:
    assert isinstance(one.outcome, Acknowledged)
    return replace(one, outcome=Acknowledged(replace(one.outcome.answer, **changed)))


def _unknown(one: Invocation) -> Invocation:
    return replace(one, returned=math.inf, outcome=Unknown("cut"))


def _is_asked_too_late(told: Told) -> Told:
    return [replace(told[1], invoked=told[3].returned + 1, returned=told[3].returned + 2)]


FALSE: dict[str, tuple[Callable[[Told], Told], str]] = {
    "an acknowledged call is not in the ledger": (
        lambda told: [*told, _told(told[1], command_id=9, entry_id=9)],
        "acknowledged and not in the ledger",
    ),
    "two calls were told the same": (lambda told: [*told, told[1]], "two calls were told 2"),
    "nobody asked for an entry": (lambda told: [told[0], *told[2:]], "no call explains"),
    "another amount was acknowledged": (
        lambda told: [told[0], _told(told[1], amount=-29), *told[2:]],
        "was told",
    ),
    "another balance was acknowledged": (
        lambda told: [told[0], _told(told[1], balance=69), *told[2:]],
        "was told",
    ),
    "a refused call is in the ledger": (
        lambda told: [told[0], replace(told[1], outcome=Refused("in_debt", {})), *told[2:]],
        "and yet in the ledger",
    ),
    "an undone call is in the ledger": (
        lambda told: [told[0], replace(told[1], outcome=Undone("rolled back")), *told[2:]],
        "and yet in the ledger",
    ),
    "a refusal was never right": (
        lambda told: [*told, replace(told[2], outcome=Refused("in_debt", {}))],
        "never right",
    ),
    "a refusal told another figure": (
        lambda told: [
            *told,
            replace(
                told[2],
                outcome=Refused("insufficient_credits", {"required": 71, "available": 69}),
            ),
        ],
        "never right",
    ),
    "a refusal was right too early": (
        lambda told: [*told, replace(told[2], invoked=0, returned=told[0].invoked - 1)],
        "never right",
    ),
    "a balance was read that never was": (
        lambda told: [*told, _told(told[5], available=21)],
        "never right",
    ),
    "a balance was read that was gone": (
        lambda told: [*told, replace(told[5], invoked=told[7].returned + 1, returned=math.inf)],
        "never right",
    ),
    "a replay told another receipt": (
        lambda told: [*told[:4], _told(told[4], balance=21), *told[5:]],
        "never right",
    ),
    "the order contradicts real time": (
        lambda told: [told[0], *_is_asked_too_late(told), *told[2:]],
        "after a later entry had been acknowledged",
    ),
}


@pytest.mark.parametrize("name", FALSE)
def test_what_is_false_is_found(
    history: History, ledgers: dict[str, list[Entry]], name: str
) -> None:
    change, said = FALSE[name]
    history.invocations = change(history.invocations)
    assert any(said in problem for problem in problems(history, ledgers))


def test_a_call_with_an_unknown_outcome_may_be_there_or_not(
    history: History, ledgers: dict[str, list[Entry]]
) -> None:
    told = history.invocations
    call = told[1].call.but(idempotency_key="job-9")
    lost = replace(_unknown(told[1]), call=call, transaction=-1)
    history.invocations = [told[0], _unknown(told[1]), *told[2:], lost]
    assert problems(history, ledgers) == []


def test_a_call_without_a_key_may_be_there_too(
    history: History, ledgers: dict[str, list[Entry]]
) -> None:
    told = history.invocations
    history.invocations = [_unknown(told[0]), *told[1:]]
    assert problems(history, ledgers) == []


@pytest.fixture
def captured(connect: Callable[[], psycopg.Connection[Any]]) -> History:
    """0 grants, 1 holds, 2 captures a part, 3 captures more than is held."""
    history = History()
    with Recorder(history, connect) as session:
        session.make(call("grant_credits", "ann", amount=100, idempotency_key="gift"))
        session.make(call("hold_credits", "ann", amount=50, idempotency_key="hold"))
        part = call("capture_hold", "ann", hold_id=2, amount=20, final=False)
        session.make(part.but(idempotency_key="part"))
        session.make(part.but(amount=40, final=True, idempotency_key="rest"))
    return history


def test_a_capture_explains_what_its_hold_gave_up(captured: History, credits: Credits) -> None:
    ledgers = {"ann": credits.entries("ann")}
    assert [entry.kind for entry in ledgers["ann"][2:]] == ["release", "capture"] * 2
    assert problems(captured, ledgers) == []
    captured.invocations = [*map(_unknown, captured.invocations)]
    assert problems(captured, ledgers) == []


def test_what_a_hold_gave_up_without_a_capture_is_found(
    captured: History, credits: Credits
) -> None:
    gave_up = credits.entries("ann")[:-1]
    captured.invocations = [*captured.invocations[:3], _unknown(captured.invocations[3])]
    assert any("no call explains" in one for one in problems(captured, {"ann": gave_up}))


def test_a_call_with_an_unknown_outcome_is_not_there_twice(
    history: History, ledgers: dict[str, list[Entry]]
) -> None:
    first, spend, *rest = ledgers["ann"]
    twice = replace(spend, entry_id=3, command_id=3, balance=spend.balance - 30)
    history.invocations = [history.invocations[0], _unknown(history.invocations[1])]
    assert rest
    assert problems(history, {"ann": [first, spend]}) == []
    assert problems(history, {"ann": [first, spend, twice]})


def test_a_transaction_is_there_in_whole(history: History, ledgers: dict[str, list[Entry]]) -> None:
    *told, first, second = history.invocations
    history.invocations = [*told, _unknown(first), _unknown(second)]
    assert problems(history, ledgers) == []
    torn = {"ann": ledgers["ann"][:-1]}
    assert any("there in part" in problem for problem in problems(history, torn))


@pytest.mark.parametrize(
    "changed", [{"balance": 71}, {"amount": -31}, {"debt": 1}, {"allocations": [[1, -31]]}]
)
def test_a_changed_entry_is_found(
    history: History, ledgers: dict[str, list[Entry]], changed: dict[str, Any]
) -> None:
    ledgers["ann"][1] = replace(ledgers["ann"][1], **changed)
    assert problems(history, ledgers)


def test_what_was_rolled_back_is_noted_as_undone(
    connect: Callable[[], psycopg.Connection[Any]], credits: Credits
) -> None:
    history = History()
    with Recorder(history, connect) as session:
        session.make(call("grant_credits", "ann", amount=5, idempotency_key="gift"))
        with session.transaction(rollback=True):
            session.make(call("deduct_credit", "ann", amount=1, idempotency_key="job"))
        session.credits.conn.close()
        lost_call = call("deduct_credit", "ann", amount=2, idempotency_key="job")
        assert isinstance(session.make(lost_call), Unknown)
        assert history.unknown() == history.invocations[-1:]
        session.retry(lost_call)
    assert outcomes(history) == {"acknowledged": 2, "undone": 1, "unknown": 1}
    assert problems(history, {"ann": credits.entries("ann")}) == []
