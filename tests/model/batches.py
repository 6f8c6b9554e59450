"""Many spends in one call: what the single ones would do, one after the other."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from pgcredits.rpc import Batch
from tests.model import arguments, shown
from tests.model.expiry import expire_account
from tests.model.spends import deduct_credit
from tests.model.state import Refusal

if TYPE_CHECKING:
    from tests.model.model import Model


def deduct_credits_batch(
    model: Model, *, operations: list[dict[str, Any]], all_or_nothing: bool | None = False
) -> Batch:
    """Operations that are refused stop no other one, unless none may be.

    What is due on an account that may spend is booked if any of its operations is new, even if all
    of these are refused.
    """
    arguments.operations(operations)
    accounts, names = dict(model.accounts), dict(model.names)
    for account_id in {operation["account_id"] for operation in operations}:
        account = model.account(account_id)
        keys = [one["idempotency_key"] for one in operations if one["account_id"] == account_id]
        if account.status == "active" and not all(account.by_key(key) for key in keys):
            expire_account(model, account_id)

    results = []
    for index, operation in enumerate(operations):
        told = {
            "index": index,
            "account_id": operation["account_id"],
            "idempotency_key": operation["idempotency_key"],
        }
        try:
            receipt = deduct_credit(model, **operation)
        except Refusal as refusal:
            if all_or_nothing:
                model.accounts, model.names = accounts, names
                raise Refusal(refusal.code, **{**refusal.values, **told}) from None
            values = {"code": refusal.code, **shown.plain(refusal.values)}
            results.append({**told, "outcome": "refused", "receipt": None, "refusal": values})
        else:
            row = asdict(receipt) | {"created_at": shown.instant(receipt.created_at)}
            outcome = "replay" if receipt.is_replay else "ok"
            results.append({**told, "outcome": outcome, "receipt": row, "refusal": None})

    outcomes = [result["outcome"] for result in results]
    booked = [result["receipt"]["amount"] for result in results if result["outcome"] == "ok"]
    return Batch(
        operations=len(operations),
        spent=-sum(booked),
        booked=len(booked),
        replayed=outcomes.count("replay"),
        refused=outcomes.count("refused"),
        results=results,
    )
