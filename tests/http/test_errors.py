"""What a web developer sees when a call is refused: the status, and DETAIL with its code."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import httpx
import pytest

from tests.http.calls import SAMPLES, Step, filled
from tests.http.clients import token

if TYPE_CHECKING:
    from tests.http.clients import Caller
    from tests.http.conftest import Project

_SERVICE = "service_role"
_GRANT: Step = ("grant_credits", {"p_account_id": "{account}", "p_amount": 10})
_SPEND: Step = ("deduct_credit", {"p_account_id": "{account}", "p_amount": 10})
_HOLD: Step = ("hold_credits", {"p_account_id": "{account}", "p_amount": 5})


@dataclass(frozen=True, slots=True)
class Refusal:
    """A call that is refused with ``code`` and ``status`` after ``before``; ``role`` makes it."""

    code: str
    status: int
    before: list[Step]
    step: Step
    role: str = _SERVICE


REFUSALS = [
    Refusal("invalid_argument", 400, [], ("deduct_credit", {"p_account_id": ""}), _SERVICE),
    Refusal("insufficient_credits", 402, [], _SPEND, _SERVICE),
    Refusal("not_signed_in", 401, [], ("my_balance", {}), "authenticated"),
    Refusal(
        "in_debt",
        402,
        [
            (
                "add_purchased_credits",
                {"p_account_id": "{account}", "p_amount": 10, "p_reference": "p-{account}"},
            ),
            _SPEND,
            ("clawback_credits", {"p_account_id": "{account}", "p_payment": "p-{account}"}),
        ],
        _SPEND,
        _SERVICE,
    ),
    Refusal(
        "entry_not_found",
        404,
        [_GRANT],
        ("refund_spend", {"p_account_id": "{account}", "p_entry_id": 9}),
        _SERVICE,
    ),
    Refusal(
        "hold_not_found",
        404,
        [_GRANT],
        ("capture_hold", {"p_account_id": "{account}", "p_hold_id": 9}),
        _SERVICE,
    ),
    Refusal(
        "payment_not_found",
        404,
        [_GRANT],
        ("clawback_credits", {"p_account_id": "{account}", "p_payment": "none"}),
        _SERVICE,
    ),
    Refusal(
        "account_not_found",
        404,
        [],
        ("freeze_account", {"p_account_id": "{account}", "p_reason": "fraud"}),
        "credits_admin",
    ),
    Refusal(
        "idempotency_conflict",
        409,
        [_GRANT, ("deduct_credit", {**_SPEND[1], "p_amount": 1, "p_idempotency_key": "k"})],
        ("deduct_credit", {**_SPEND[1], "p_amount": 2, "p_idempotency_key": "k"}),
        _SERVICE,
    ),
    Refusal(
        "hold_closed",
        409,
        [_GRANT, _HOLD, ("release_hold", {"p_account_id": "{account}", "p_hold_id": 2})],
        ("capture_hold", {"p_account_id": "{account}", "p_hold_id": 2}),
        _SERVICE,
    ),
    Refusal(
        "refund_exceeds_spend",
        422,
        [_GRANT, _SPEND],
        ("refund_spend", {"p_account_id": "{account}", "p_entry_id": 2, "p_amount": 11}),
        _SERVICE,
    ),
    Refusal(
        "balance_limit",
        422,
        [_GRANT],
        ("grant_credits", {"p_account_id": "{account}", "p_amount": 2**53 - 1}),
        _SERVICE,
    ),
]


def _do(call: Caller, steps: list[Step], account: str) -> None:
    for name, arguments in steps:
        done = call(token(SAMPLES[name].role), name, filled(arguments, account))
        assert not done.error, (name, done.error)


@pytest.mark.parametrize("refusal", REFUSALS, ids=lambda refusal: refusal.code)
def test_a_refusal_has_its_status_and_code(call: Caller, account: str, refusal: Refusal) -> None:
    _do(call, refusal.before, account)
    function, arguments = refusal.step
    answer = call(token(refusal.role), function, filled(arguments, account))
    assert answer.status in (refusal.status, None)
    assert answer.error["code"] == f"PT{refusal.status}"
    assert answer.refusal["code"] == refusal.code
    assert answer.error["hint"]


@pytest.mark.parametrize("refusal", REFUSALS, ids=lambda refusal: refusal.code)
def test_nothing_that_was_sent_reaches_the_status_line(
    project: Project, javascript: Caller, account: str, refusal: Refusal
) -> None:
    """PostgREST copies the message into it, so values would be a way to write headers."""
    _do(javascript, refusal.before, account)
    evil = "x\r\nX-Evil: 1\r\n\r\n"
    function, arguments = refusal.step
    sent = filled(arguments, account)
    if refusal.code in ("insufficient_credits", "account_not_found"):
        sent["p_account_id"] = account + evil
    elif refusal.code == "payment_not_found":
        sent["p_payment"] = evil
    answer = httpx.post(
        f"{project.url}/rpc/{function}",
        json=sent,
        headers={"Authorization": f"Bearer {token(refusal.role)}"},
        timeout=60,
    )
    assert answer.status_code == refusal.status
    assert re.fullmatch(r"[ -~]{1,80}", answer.reason_phrase)
    assert "x-evil" not in answer.headers
    assert answer.json()["message"] == answer.reason_phrase


def test_wrong_types_and_names_are_refused_before_the_function(call: Caller, account: str) -> None:
    service = token(_SERVICE)
    for arguments, code in (
        ({"p_account_id": account, "p_amount": "many"}, "22P02"),
        ({"p_account_id": account, "p_amount": 1.5}, "22P02"),
        ({"p_account_id": account, "amount": 1}, "PGRST202"),
        ({"p_account_id": account, "p_reference": "\u0000"}, "22P05"),
    ):
        assert call(service, "deduct_credit", arguments).error["code"] == code
