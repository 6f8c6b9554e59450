"""End users see their own account, and only by a token that the API server has verified."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import httpx
import psycopg
import pytest

from pgcredits.errors import NotSignedIn
from tests.client import Credits
from tests.http.clients import token

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.http.clients import Caller
    from tests.http.conftest import Project

MINE = ("my_balance", "my_entries", "my_lots")


@pytest.fixture
def account(account: str, database: Credits) -> str:
    database.grant_credits(account, 100, reference="gift", metadata={"note": "for the staff"})
    database.deduct_credit(account, 30, feature="chat", idempotency_key="k")
    return account


def test_a_user_reads_the_own_account(call: Caller, account: str) -> None:
    mine = token("authenticated", account)
    balance = call(mine, "my_balance", {}).data
    assert (balance["account_id"], balance["available"]) == (account, 70)
    spend, grant = call(mine, "my_entries", {}).data
    assert (spend["kind"], spend["amount"], spend["feature"]) == ("spend", -30, "chat")
    assert (grant["kind"], grant["amount"], grant["reference"]) == ("grant", 100, "gift")
    [lot] = call(mine, "my_lots", {}).data
    assert (lot["granted"], lot["remaining"], lot["expires_at"]) == (100, 70, None)


def test_a_user_filters_the_own_ledger(call: Caller, account: str, database: Credits) -> None:
    database.hold_credits(account, 5, feature="video")
    mine = token("authenticated", account)

    def found(**given: Any) -> list[int]:
        answer = call(mine, "my_entries", {f"p_{name}": value for name, value in given.items()})
        assert not answer.error, answer.error
        return [entry["entry_id"] for entry in answer.data]

    assert found(kind="grant") == [1]
    assert found(feature="chat") == [2]
    assert found(feature="chat", kind="hold") == []
    assert found(reference="gift") == [1]
    assert found(to="2000-01-01T00:00:00Z") == []
    assert found(**{"from": "2000-01-01T00:00:00Z"}, limit=2) == [3, 2]
    [grant] = call(mine, "my_entries", {"p_kind": "grant"}).data
    assert grant["pools"] == {"promotional": 100}
    refused = call(mine, "my_entries", {"p_kind": "spent"})
    assert refused.refusal["argument"] == "p_kind"
    other = token("authenticated", account + "-other")
    assert call(other, "my_entries", {"p_kind": "grant"}).data == []


def test_a_user_sees_lots_that_are_used_up_when_asked(
    call: Caller, account: str, database: Credits
) -> None:
    database.deduct_credit(account, 70)
    mine = token("authenticated", account)
    assert call(mine, "my_lots", {}).data == []
    [lot] = call(mine, "my_lots", {"p_live_only": False}).data
    assert (lot["granted"], lot["remaining"], lot["is_live"]) == (100, 0, False)


def test_nothing_for_the_staff_is_in_it(call: Caller, account: str) -> None:
    mine = token("authenticated", account)
    shown = json.dumps([call(mine, name, {}).data for name in MINE])
    for word in ("metadata", "actor", "idempotency_key", "request", "staff", "cost", "payment"):
        assert word not in shown


def test_an_unknown_user_reads_zeros(call: Caller) -> None:
    nobody = token("authenticated", "never-seen")
    assert call(nobody, "my_balance", {}).data["available"] == 0
    assert call(nobody, "my_entries", {}).data == []
    assert call(nobody, "my_lots", {}).data == []


@pytest.mark.parametrize("name", MINE)
def test_no_argument_names_an_account(call: Caller, account: str, name: str) -> None:
    answer = call(token("authenticated", "thief"), name, {"p_account_id": account})
    assert answer.error["code"] == "PGRST202"


@pytest.mark.parametrize("name", MINE)
@pytest.mark.parametrize("sub", [None, "", {"id": 1}, ["a"], True, "x" * 256])
def test_a_token_without_a_usable_subject(project: Project, name: str, sub: Any) -> None:
    """Asked in a session like the server's, since its check of tokens refuses some of them."""
    with psycopg.connect(project.login("authenticator")) as conn:
        conn.execute("set role authenticated")
        _claim(conn, json.dumps({"role": "authenticated", "sub": sub}))
        with pytest.raises(NotSignedIn) as refused:
            getattr(Credits(conn), name)()
    assert refused.value.values["claim"] == "sub"


@pytest.mark.parametrize("name", MINE)
def test_claims_that_a_direct_login_writes_are_worth_nothing(
    project: Project, account: str, name: str
) -> None:
    """Any session can write the setting; only the API server's login is believed."""
    with psycopg.connect(project.login("postgres_of_the_project")) as conn:
        conn.execute("set role authenticated")
        _claim(conn, json.dumps({"role": "authenticated", "sub": account}))
        with pytest.raises(NotSignedIn) as refused:
            getattr(Credits(conn), name)()
    assert "api_logins" in refused.value.values["reason"]


def test_the_anonymous_caller_may_do_nothing(call: Caller, account: str) -> None:
    for name in MINE:
        assert call(token("anon", account), name, {}).error["code"] == "42501"


def test_a_token_without_a_role_is_anonymous_whoever_it_names(
    project: Project, account: str
) -> None:
    answer = httpx.post(
        f"{project.url}/rpc/my_balance",
        json={},
        headers={"Authorization": f"Bearer {token(None, account)}"},
        timeout=60,
    )
    assert answer.status_code == 401
    assert answer.json()["code"] == "42501"


def test_a_token_of_another_secret_or_that_is_over_is_refused(
    project: Project, account: str
) -> None:
    forged = token("authenticated", account)[:-4] + "AAAA"
    over = token("authenticated", account, exp=1)
    for bad in (forged, over):
        answer = httpx.post(
            f"{project.url}/rpc/my_balance",
            json={},
            headers={"Authorization": f"Bearer {bad}"},
            timeout=60,
        )
        assert answer.status_code == 401


@pytest.fixture
def by_organisation(database: Credits) -> Iterator[None]:
    change = "update credits_private.settings set value = %s where setting = 'account_claim'"
    database.conn.execute(change, ("app_metadata.org_id",))
    yield
    database.conn.execute(change, ("sub",))


@pytest.mark.usefixtures("by_organisation")
def test_another_claim_may_hold_the_account(call: Caller, account: str) -> None:
    member = token("authenticated", "ann", app_metadata={"org_id": account})
    assert call(member, "my_balance", {}).data["account_id"] == account
    stranger = token("authenticated", account, user_metadata={"org_id": account})
    assert call(stranger, "my_balance", {}).refusal["code"] == "not_signed_in"


def test_a_claim_that_users_edit_themselves_is_no_setting(database: Credits) -> None:
    for value in ("user_metadata", "user_metadata.org_id", "", "a..b", ".a"):
        with pytest.raises(psycopg.errors.CheckViolation):
            database.conn.execute(
                "update credits_private.settings set value = %s where setting = 'account_claim'",
                (value,),
            )


def test_one_request_leaves_nothing_to_the_next(call: Caller, account: str) -> None:
    """Three connections serve everybody: whoever comes next is who the own token says."""
    for number in range(8):
        mine = call(token("authenticated", account), "my_balance", {}).data
        other = call(token("authenticated", f"other-{number}"), "my_balance", {}).data
        none = call(token("authenticated"), "my_balance", {})
        assert (mine["available"], other["available"]) == (70, 0)
        assert none.refusal["code"] == "not_signed_in"


def _claim(conn: psycopg.Connection[Any], claims: str) -> None:
    conn.execute("select set_config('request.jwt.claims', %s, true)", (claims,))
