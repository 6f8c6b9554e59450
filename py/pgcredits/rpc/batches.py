"""Many spends in one call; see the package's docstring."""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import datetime
from typing import TYPE_CHECKING, Any

from pgcredits.errors import CreditsError, from_detail
from pgcredits.rpc.query import call, given
from pgcredits.rpc.types import Receipt

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pgcredits.rpc.query import Connection


@dataclass(frozen=True, slots=True)
class SpendResult:
    """What became of one operation of a batch.

    ``index`` is its place among the operations, counted from 0; ``outcome`` is ok, replay or
    refused. A refused one has no receipt but the refusal, as `deduct_credit` would raise it.
    """

    index: int
    account_id: str
    idempotency_key: str
    outcome: str
    receipt: Receipt | None
    refusal: CreditsError | None


@dataclass(frozen=True, slots=True)
class Batch:
    """What a batch did.

    Of ``operations``, ``booked`` spent ``spent`` credits now, ``replayed`` had been booked before
    and ``refused`` were refused. ``results`` are JSON objects with the fields of `SpendResult`, in
    the order of the operations; `parsed` returns them as rows.
    """

    operations: int
    spent: int
    booked: int
    replayed: int
    refused: int
    results: list[dict[str, Any]]

    def parsed(self) -> list[SpendResult]:
        """Return the results as rows, in the order of the operations."""
        return [_parsed(result) for result in self.results]


def deduct_credits_batch(
    conn: Connection,
    operations: Sequence[Mapping[str, Any]],
    *,
    all_or_nothing: bool | None = None,
) -> Batch:
    """Spend up to 1,000 times, over any accounts, in one call.

    An operation has ``account_id``, ``idempotency_key`` and, as `deduct_credit`, ``amount``,
    ``feature``, ``member``, ``reference`` and ``metadata``. One that is refused stops no other one;
    with ``all_or_nothing`` the first refusal is raised instead, with ``index`` among its values,
    and nothing is spent. A malformed operation refuses the call, whatever the others are.
    """
    return call(
        conn,
        Batch,
        "deduct_credits_batch",
        given(operations=operations, all_or_nothing=all_or_nothing),
    )


def _parsed(result: Mapping[str, Any]) -> SpendResult:
    """Read a result; what a newer database says besides is left out."""
    told, refusal = result["receipt"], result["refusal"]
    receipt = None
    if told is not None:
        values = {field.name: told[field.name] for field in fields(Receipt)}
        values["created_at"] = datetime.fromisoformat(told["created_at"])
        receipt = Receipt(**values)
    return SpendResult(
        index=result["index"],
        account_id=result["account_id"],
        idempotency_key=result["idempotency_key"],
        outcome=result["outcome"],
        receipt=receipt,
        refusal=None if refusal is None else from_detail(refusal),
    )
