"""Who acts in the demo: Stripe through the relay, the application and its operator through SQL."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from pgcredits import rpc
from pgcredits.demo.screen import signed
from pgcredits.demo.stage import StageError
from pgcredits.errors import CreditsError

if TYPE_CHECKING:
    from pgcredits.demo.events import Event
    from pgcredits.demo.stage import Stage

_WAIT_SECONDS = 30.0
_OF_THE_OPERATOR = frozenset({"set_stripe_price"})


@dataclass(frozen=True, slots=True)
class Exchange:
    """A request as one would write it by hand, and what came back."""

    asked: str
    answered: str
    refused: bool = False


class Cast:
    """Makes the requests of the story and says in words what was asked and answered."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage

    def now(self) -> datetime:
        """Return the time of the database, which is the one that counts, in UTC."""
        return rpc.get_balance(self._stage.app, "nobody").as_of.astimezone(UTC)

    def wait_until(self, moment: datetime) -> None:
        """Return when the database's clock shows ``moment`` or later."""
        deadline = time.monotonic() + _WAIT_SECONDS
        while self.now() < moment:
            if time.monotonic() > deadline:
                raise StageError("the clock of the database stands still")
            time.sleep(0.05)

    def deliver(self, event: Event, *, secret: str | None = None) -> Exchange:
        """Deliver an event of Stripe to the relay."""
        answer = self._stage.deliver(event, secret=secret)
        shown = (answer.fields.get("outcome"), answer.fields.get("reason"))
        return Exchange(
            f"POST /webhooks/stripe  {event['type']} {event['id']}",
            f"HTTP {answer.status} {': '.join(filter(None, shown))}",
            refused=answer.status != 200,
        )

    def call(self, function: str, *args: Any, **kwargs: Any) -> Exchange:
        """Call a function of the API; the same arguments are shown as SQL."""
        shown = [_literal(value) for value in args]
        shown += [f"p_{name} => {_literal(value)}" for name, value in kwargs.items()]
        asked = f"select * from credits.{function}({', '.join(shown)})"  # noqa: S608 - shown only
        stage = self._stage
        conn = stage.admin if function in _OF_THE_OPERATOR else stage.app
        try:
            answer = getattr(rpc, function)(conn, *args, **kwargs)
        except CreditsError as refusal:
            figures = ", ".join(f"{name} {value}" for name, value in refusal.values.items())
            return Exchange(
                asked,
                f"{refusal.sqlstate} {refusal.code}: {figures} (HTTP {refusal.http_status} "
                "through PostgREST)",
                refused=True,
            )
        return Exchange(asked, _answer(answer))


def _literal(value: object) -> str:
    if isinstance(value, datetime):
        return f"'{value:%Y-%m-%d %H:%M:%S%z}'"
    return str(value) if isinstance(value, int) else f"'{value}'"


def _answer(answer: object) -> str:
    match answer:
        case rpc.Receipt(is_replay=True):
            return f"the receipt of entry {answer.entry_id} again, is_replay true"
        case rpc.Receipt():
            return (
                f"{answer.kind} {signed(answer.amount)} as entry {answer.entry_id}, "
                f"available {answer.available}"
            )
        case rpc.Balance():
            return f"available {answer.available}"
        case rpc.Sweep():
            return f"accounts {answer.accounts}, lots {answer.lots}, credits {answer.credits}"
        case rpc.StripePrice():
            return f"credits {answer.credits} a unit, rollover_cap {answer.rollover_cap}"
        case _:
            raise TypeError(f"the demo has no words for {type(answer).__name__}")
