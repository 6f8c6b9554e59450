"""Every command on an account, in every situation that decides which way it goes.

The oracle of the races is the serial run: the same two commands, one after the other, on a twin of
the account. Whatever two sessions do at once must look as if they had done it in an order.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from pgcredits.errors import CreditsError
from tests.concurrency.sessions import ask

if TYPE_CHECKING:
    from collections.abc import Callable

    from pgcredits.rpc import Batch, FeatureUse, GrantRun, Receipt, Sweep
    from tests.client import Credits
    from tests.clock import Clock

    Answer = Batch | FeatureUse | GrantRun | Receipt | Sweep

NOON = datetime(2030, 6, 1, 12, tzinfo=UTC)
DAY = timedelta(days=1)
HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class On:
    """One of the commands below, on an account."""

    command: str
    account: str

    def __call__(self, session: Credits) -> Answer:
        return (WRITERS | SWEEP)[self.command](session, self.account)


def _open(credits: Credits, account: str) -> Receipt:
    return credits.open_account(account, kind="organisation")


def _spend(credits: Credits, account: str) -> Receipt:
    return credits.deduct_credit(account, 60, feature="chat", member="mia")


def _spend_once(credits: Credits, account: str) -> Receipt:
    return credits.deduct_credit(account, 5, idempotency_key="job-2")


def _batch(credits: Credits, account: str) -> Batch:
    operations = [
        {"account_id": account, "idempotency_key": f"batch-{amount}", "amount": amount}
        for amount in (8, 90, 30)
    ]
    return credits.deduct_credits_batch(operations)


def _grant(credits: Credits, account: str) -> Receipt:
    return credits.grant_credits(account, 50, expires_at=NOON + 10 * DAY)


def _purchase(credits: Credits, account: str) -> Receipt:
    return credits.add_purchased_credits(
        account, 80, reference=f"{account}:pack-2", amount_paid=800, currency="usd"
    )


def _subscribe(credits: Credits, account: str) -> Receipt:
    return credits.add_subscription_credits(
        account, 40, NOON + 20 * DAY, subscription="extra", reference="june"
    )


def _renew(credits: Credits, account: str) -> Receipt:
    return credits.renew_subscription(
        account,
        "plan",
        100,
        period_start=NOON,
        period_end=NOON + 30 * DAY,
        rollover_cap=10,
    )


def _try(credits: Credits, account: str) -> Receipt:
    return credits.start_trial(account, "trial", 15, trial_end=NOON + 14 * DAY, plan="lite")


def _change(credits: Credits, account: str) -> Receipt:
    return credits.change_subscription(
        account,
        "yearly",
        9,
        plan="pro",
        payment=f"{account}:proration",
        amount_paid=90,
        currency="usd",
    )


def _cancel(credits: Credits, account: str) -> Receipt:
    return credits.cancel_subscription(account, "yearly", when="now")


def _hold_up(credits: Credits, account: str) -> Receipt:
    return credits.set_subscription_status(account, "yearly", "past_due")


def _record(credits: Credits, account: str) -> Receipt:
    return credits.record_payment(
        account,
        f"{account}:pack-3",
        500,
        currency="usd",
        grants=[{"amount": 70}, {"amount": 7, "pool": "promotional"}],
        provider="bank",
        amount_returned=100,
    )


def _claw(credits: Credits, account: str) -> Receipt:
    return credits.clawback_credits(account, f"{account}:pack", target=90)


def _refund(credits: Credits, account: str) -> Receipt:
    return credits.refund_spend(account, spend_key="job-1", amount=30)


def _hold(credits: Credits, account: str) -> Receipt:
    return credits.hold_credits(account, 40, member="mia", idempotency_key="hold-2")


def _capture(credits: Credits, account: str) -> Receipt:
    return credits.capture_hold(account, _HELD.get(account, 999), 12, if_short="partial")


def _capture_some(credits: Credits, account: str) -> Receipt:
    return credits.capture_hold(account, _HELD.get(account, 999), 3, final=False)


def _release(credits: Credits, account: str) -> Receipt:
    return credits.release_hold(account, _HELD.get(account, 999))


def _extend(credits: Credits, account: str) -> Receipt:
    return credits.extend_hold(account, _HELD.get(account, 999), expires_in=DAY)


def _use(credits: Credits, account: str) -> FeatureUse:
    return credits.use_feature(account, "page", 30, member="mia", reference="job-3")


def _hold_use(credits: Credits, account: str) -> Receipt:
    return credits.hold_feature(account, "page", 20, reference="job-4")


def _capture_use(credits: Credits, account: str) -> Receipt:
    return credits.capture_feature(account, _HELD.get(account, 999), 3)


def _cap(credits: Credits, account: str) -> Receipt:
    return credits.set_member_cap(account, "mia", "day", 50)


def _freeze(credits: Credits, account: str) -> Receipt:
    return credits.freeze_account(account, "dispute")


def _unfreeze(credits: Credits, account: str) -> Receipt:
    return credits.unfreeze_account(account, "settled")


def _close(credits: Credits, account: str) -> Receipt:
    return credits.close_account(account, "asked for", if_credits="forfeit")


def _give(credits: Credits, account: str) -> Receipt:
    return credits.transfer_credits(account, _heir(account), 15, idempotency_key="gift")


def _receive(credits: Credits, account: str) -> Receipt:
    return credits.transfer_credits(giver_to(account), account, 45, idempotency_key="gift")


def _merge(credits: Credits, account: str) -> Receipt:
    return credits.merge_accounts(account, _heir(account), if_holds="release")


def _erase(credits: Credits, account: str) -> Receipt:
    return credits.erase_metadata(account, "asked for")


def _adjust(credits: Credits, account: str) -> Receipt:
    return credits.adjust_balance(account, "count", "ann", target=30)


def _repair(credits: Credits, account: str) -> Receipt:
    return credits.repair_account(account, "to be sure", "ann")


def _end(credits: Credits, account: str) -> Receipt:
    return credits.expire_subscription_credits(account)


def _sweep(credits: Credits, account: str) -> Sweep:
    return credits.expire_due()


def _run(credits: Credits, account: str) -> GrantRun:
    return credits.grant_due()


WRITERS: dict[str, Callable[[Credits, str], Answer]] = {
    "open": _open,
    "spend": _spend,
    "spend once": _spend_once,
    "batch": _batch,
    "grant": _grant,
    "purchase": _purchase,
    "subscribe": _subscribe,
    "renew": _renew,
    "try": _try,
    "change": _change,
    "cancel": _cancel,
    "hold up": _hold_up,
    "record": _record,
    "claw": _claw,
    "refund": _refund,
    "hold": _hold,
    "capture": _capture,
    "capture some": _capture_some,
    "release": _release,
    "extend": _extend,
    "use": _use,
    "hold use": _hold_use,
    "capture use": _capture_use,
    "cap": _cap,
    "freeze": _freeze,
    "unfreeze": _unfreeze,
    "close": _close,
    "give": _give,
    "receive": _receive,
    "merge": _merge,
    "erase": _erase,
    "adjust": _adjust,
    "repair": _repair,
    "end": _end,
}
SWEEP: dict[str, Callable[[Credits, str], Answer]] = {
    "sweep": _sweep,
    "run": _run,
}


def _heir(account: str) -> str:
    """Name of the account that gets what this one gives away."""
    return f"{account}-heir"


def giver_to(account: str) -> str:
    """Name of an account that has something to give to this one."""
    return f"a-{account}"


_HELD: dict[str, int] = {}
"""The hold that an account was made with."""


def _with_hold(credits: Credits, account: str, amount: int) -> None:
    held = credits.hold_feature(account, "page", amount, member="mia", expires_in=12 * HOUR)
    _HELD[account] = held.entry_id


def _unknown(credits: Credits, account: str) -> None:
    """Nobody has heard of the account."""


def _opened(credits: Credits, account: str) -> None:
    credits.open_account(account)


def _drained(credits: Credits, account: str) -> None:
    credits.add_purchased_credits(
        account, 100, reference=f"{account}:pack", amount_paid=1000, currency="usd"
    )
    credits.deduct_credit(account, 100, idempotency_key="job-1")


def _stocked(credits: Credits, account: str) -> None:
    credits.renew_subscription(account, "plan", 50, period_start=NOON - 30 * DAY, period_end=NOON)
    credits.renew_subscription(
        account,
        "yearly",
        6,
        period_start=NOON - 30 * DAY,
        period_end=NOON + 335 * DAY,
        rollover_cap=4,
        grant_every="33 days",
        payment=f"{account}:year",
        amount_paid=600,
        currency="usd",
    )
    credits.grant_credits(account, 20, expires_at=NOON + 5 * DAY)
    _drained(credits, account)
    credits.refund_spend(account, spend_key="job-1", amount=25)
    _with_hold(credits, account, 10)
    credits.set_member_cap(account, "mia", "billing_period", 95)
    credits.set_member_cap(account, "mia", "lifetime", 100)


def _indebted(credits: Credits, account: str) -> None:
    _drained(credits, account)
    credits.grant_credits(account, 15)
    _with_hold(credits, account, 5)
    credits.clawback_credits(account, f"{account}:pack")


SITUATIONS = {
    "unknown": _unknown,
    "opened": _opened,
    "drained": _drained,
    "stocked": _stocked,
    "indebted": _indebted,
    "overdue": _stocked,
}
_LATER = {"overdue": NOON + 6 * DAY}


def price_pages(credits: Credits) -> None:
    """Let the commands that use a feature find it."""
    credits.define_feature("page")
    credits.set_rate_card("page", 1)


@dataclass(frozen=True, slots=True)
class Seen:
    """Answers, and what the account looks like afterwards, without its name."""

    answers: tuple[Any, ...]
    account: list[Any]

    def swapped(self) -> Seen:
        """Return the same with the two answers exchanged."""
        return Seen(self.answers[::-1], self.account)


_SERIAL: dict[tuple[str, ...], Seen] = {}
"""What serial runs gave; on a stopped clock they give the same each time."""


class Stage:
    """Makes accounts in a situation and runs commands on them one after the other."""

    def __init__(self, credits: Credits, clock: Clock) -> None:
        self._credits = credits
        self._clock = clock
        self._made = 0
        self._shown: datetime | None = None
        price_pages(credits)

    def account(self, situation: str) -> str:
        """Make an account; the clock is left at the moment at which the situation is reached."""
        if self._shown != NOON:
            # The sweep is about all accounts: nothing may be left for it but the new one.
            self._credits.expire_due()
            self._credits.grant_due()
        self._made += 1
        account = f"account-{self._made:05d}"
        self._show(NOON)
        _HELD.pop(account, None)  # names come again in other databases
        SITUATIONS[situation](self._credits, account)
        self._credits.grant_credits(giver_to(account), 50)
        self._show(_LATER.get(situation, NOON))
        return account

    def _show(self, moment: datetime) -> None:
        if moment != self._shown:
            self._shown = self._clock.set(moment)

    def seen(self, account: str, *answers: object) -> Seen:
        """Return what can be seen of the account, comparable with what another one shows."""
        lots = self._credits.list_lots(account, live_only=False)
        heirs = self._credits.entries(_heir(account))
        members = self._credits.list_member_usage(account)
        entries = self._credits.entries(account)
        subscriptions = self._credits.list_subscriptions(account)
        shown = [self._credits.get_balance(account), *entries, *lots, *members, *heirs]
        shown += [*subscriptions, *self._credits.list_subscriptions(_heir(account))]
        return Seen(
            tuple(_anonymous(answer, account) for answer in answers),
            [_anonymous(row, account) for row in shown],
        )

    def serially(self, situation: str, *writers: str) -> Seen:
        """Return what the writers leave behind when they come one after the other."""
        known = (situation, *writers)
        if known not in _SERIAL:
            account = self.account(situation)
            answers = [ask(On(writer, account), self._credits) for writer in writers]
            _SERIAL[known] = self.seen(account, *answers)
        return _SERIAL[known]


def _anonymous(row: object, account: str) -> object:
    if isinstance(row, CreditsError):
        return row.code, _hide(row.values, account)
    return _hide(asdict(row), account)  # type: ignore[call-overload]


def _hide(value: Any, account: str) -> Any:
    if isinstance(value, str):
        return value.replace(account, "*")
    if isinstance(value, dict):
        return {key: _hide(item, account) for key, item in value.items()}
    if isinstance(value, list):
        return [_hide(item, account) for item in value]
    return value
