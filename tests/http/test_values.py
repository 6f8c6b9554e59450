"""Numbers, pages and repeats survive the way through JSON."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import httpx

from tests.http.clients import token

if TYPE_CHECKING:
    from tests.client import Credits
    from tests.http.clients import Caller
    from tests.http.conftest import Project

LIMIT = 2**53 - 1


def test_the_largest_amount_survives(call: Caller, account: str) -> None:
    service = token("service_role")
    granted = call(service, "grant_credits", {"p_account_id": account, "p_amount": LIMIT}).data
    assert (granted["amount"], granted["available"]) == (LIMIT, LIMIT)
    spent = call(service, "deduct_credit", {"p_account_id": account, "p_amount": LIMIT}).data
    assert (spent["amount"], spent["available"]) == (-LIMIT, 0)
    assert spent["allocations"] == [[1, -LIMIT]]


def test_one_more_is_refused(call: Caller, account: str) -> None:
    answer = call(
        token("service_role"), "grant_credits", {"p_account_id": account, "p_amount": LIMIT + 1}
    )
    assert answer.refusal["argument"] == "p_amount"


def test_lists_page_past_a_thousand_rows(call: Caller, database: Credits, account: str) -> None:
    """The server cuts longer answers silently, so no page is longer."""
    database.grant_credits(account, 10_000)
    database.conn.execute(
        "select count(credits.deduct_credit(%s, 1)) from generate_series(1, 1100)", (account,)
    )
    service = token("service_role")
    seen: list[int] = []
    before = None
    while True:
        page = call(
            service,
            "list_entries",
            {"p_account_id": account, "p_limit": 1000, "p_before": before},
        ).data
        if not page:
            break
        seen += [entry["entry_id"] for entry in page]
        before = seen[-1]
    assert seen == list(range(1101, 0, -1))
    refused = call(service, "list_entries", {"p_account_id": account, "p_limit": 1001})
    assert refused.refusal["argument"] == "p_limit"


def test_a_request_whose_answer_is_lost_is_repeated_safely(
    project: Project, database: Credits, call: Caller, account: str
) -> None:
    """PostgREST finishes what it has begun when the client goes away."""
    database.grant_credits(account, 100)
    spend = {"p_account_id": account, "p_amount": 40, "p_idempotency_key": "job-1"}
    headers = {"Authorization": f"Bearer {token('service_role')}", "Content-Profile": "credits"}
    database.conn.execute("begin")
    database.conn.execute(
        "select from credits_private.accounts a where a.account_id = %s for no key update",
        (account,),
    )
    try:
        httpx.post(
            f"{project.url}/rpc/deduct_credit",
            json=spend,
            headers=headers,
            timeout=httpx.Timeout(60, read=0.5),
        )
    except httpx.ReadTimeout:
        pass
    else:
        raise AssertionError("the call did not wait for the lock")
    database.conn.execute("commit")
    answer = call(token("service_role"), "deduct_credit", spend)
    assert answer.data["available"] == 60
    assert database.get_balance(account).available == 60


def test_calls_at_once_on_one_account(call: Caller, database: Credits, account: str) -> None:
    """Thirty-two spends of 10 from 50 over a pool of three connections: exactly five succeed."""
    database.grant_credits(account, 50)
    service = token("service_role")

    def spend(_: int) -> bool:
        return not call(service, "deduct_credit", {"p_account_id": account, "p_amount": 10}).error

    if type(call).__name__ == "Python":
        with ThreadPoolExecutor(8) as pool:
            done = list(pool.map(spend, range(32)))
    else:
        done = [spend(number) for number in range(32)]  # one process of node, one line at a time
    assert sum(done) == 5
    assert database.get_balance(account).available == 0
