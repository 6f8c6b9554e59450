"""What an account consists of: lots, payments, entries. Amounts are whole credits."""

from __future__ import annotations

from copy import copy
from dataclasses import dataclass, field, fields
from datetime import UTC, datetime, timedelta
from operator import attrgetter
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.model.items import Subscription

MOST = 2**53 - 1
NEVER = datetime.max.replace(tzinfo=UTC)
Part = tuple[int, int]
"""Credits that one lot gives (negative) or gets (positive): lot and amount. Lot 0 is the debt."""


@dataclass(frozen=True, slots=True)
class Pool:
    """A class of credits."""

    priority: int
    pays_debt: bool


POOLS = {
    "subscription": Pool(10, pays_debt=True),
    "promotional": Pool(20, pays_debt=False),
    "purchased": Pool(30, pays_debt=True),
}


@dataclass(frozen=True, slots=True)
class Settings:
    """The choices of an installation that commands look at."""

    shortfall: str = "debt"
    renewal_grace: timedelta = timedelta(days=3)
    refund_grace: timedelta = timedelta(days=7)
    hold_time: timedelta = timedelta(minutes=15)


class Refusal(Exception):  # noqa: N818 - as in pgcredits.errors
    """The call is refused: ``code`` of the registry and the values of DETAIL."""

    def __init__(self, code: str, **values: Any) -> None:
        super().__init__(code, values)
        self.code = code
        self.values = values


@dataclass(slots=True)
class Lot:
    """One grant of credits, ``left`` of them unspent; ``expired`` were lost to expiry.

    ``clawed`` were taken back with their payment, the first of them at ``clawed_at``. ``cost`` is
    money, of which ``cost_moved`` left with credits that were transferred; ``giver`` is the account
    and the lot that these credits were transferred from. ``item`` is None for what no renewal
    granted.

    A lot of an account that was merged goes on as ``moved_to`` in the other account, and says there
    that it ``was`` another lot before, and that so many of its credits were ``gone`` by then.
    """

    pool: str
    granted: int
    expires_at: datetime
    lot_id: int = 0
    left: int = 0
    granted_at: datetime = NEVER
    origin: str = "grant"
    subscription: str | None = None
    item: str | None = None
    plan: str | None = None
    period_start: datetime | None = None
    period_end: datetime | None = None
    payment_id: int | None = None
    cost: int | None = None
    currency: str | None = None
    reference: str | None = None
    expired: int = 0
    clawed: int = 0
    clawed_at: datetime | None = None
    cost_moved: int = 0
    giver: tuple[str, int] | None = None
    moved_to: int | None = None
    was: tuple[str, int] | None = None
    gone: int = 0

    @property
    def rank(self) -> tuple[int, datetime, int]:
        """Place in burn order."""
        return POOLS[self.pool].priority, self.expires_at, self.lot_id

    def derived(self, origin: str, amount: int, expires_at: datetime) -> Lot:
        """A lot that takes over ``amount`` of the credits, and their share of the cost."""
        lot = copy(self)
        lot.origin, lot.granted, lot.expires_at = origin, amount, expires_at
        lot.expired, lot.clawed, lot.clawed_at, lot.cost_moved = 0, 0, None, 0
        lot.was, lot.gone = None, 0
        lot.cost = None if self.cost is None else self.cost * amount // self.granted
        return lot


@dataclass(slots=True)
class Payment:
    """What was paid and granted, and what became of the ``target`` that ought to be back.

    ``pending`` of ``granted`` has not been granted yet, or never will be. ``target`` = out of that
    (``withheld``) + taken out of own lots (``clawed``) + lost to expiry anyway (``covered``) + open
    debt (``owed``) + debt paid since (``settled``) + forgiven (``written_off``). ``debt_paid`` is
    what the payment's own lots have paid of the account's debt; ``demanded`` is the target that
    clawback_credits has set.

    A payment of an account that was merged goes on as ``moved_to`` in the other account, and says
    there that it ``was`` another one before, and what of it was ``back`` by then.
    """

    payment_id: int
    provider: str
    name: str
    amount_paid: int | None
    currency: str | None
    granted: int
    amount_returned: int = 0
    pending: int = 0
    target: int = 0
    withheld: int = 0
    clawed: int = 0
    covered: int = 0
    owed: int = 0
    settled: int = 0
    written_off: int = 0
    debt_paid: int = 0
    demanded: int = 0
    moved_to: int | None = None
    was: tuple[str, int] | None = None
    back: int = 0

    def share(self, returned: int) -> int:
        """Credits that ought to go back when so much of the money did."""
        if returned <= 0:
            return 0
        assert self.amount_paid is not None
        if returned >= self.amount_paid:
            return self.granted
        return self.granted * returned // self.amount_paid


@dataclass(slots=True)
class Hold:
    """Credits set aside by the entry ``hold_id``: ``parts`` is what it took from which lot.

    ``status`` is open, captured, released or expired; ``captured`` the first of the parts, in
    credits, that were captured so far.
    """

    hold_id: int
    parts: tuple[Part, ...]
    expires_at: datetime
    captured: int = 0
    status: str = "open"

    @property
    def amount(self) -> int:
        """Credits that the hold took at first."""
        return -sum(amount for _, amount in self.parts)

    @property
    def held(self) -> int:
        """Credits that it holds still."""
        return self.amount - self.captured if self.status == "open" else 0

    def is_overdue(self, now: datetime) -> bool:
        """Whether it is past its deadline and nobody has ended it."""
        return self.status == "open" and self.expires_at <= now


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the ledger; ``balance`` and ``debt`` are what it leaves.

    ``request`` is what the command asked for, as far as the other fields do not tell;
    ``about`` is the spend or capture that a refund gives back, or the hold that is captured,
    released or extended; ``over`` is what a capture took above its hold, ``other`` the other
    account of a transfer or merge, and its entry.
    """

    entry_id: int
    command_id: int
    kind: str
    parts: tuple[Part, ...]
    balance: int
    debt: int
    created_at: datetime
    occurred_at: datetime
    feature: str | None = None
    member: str | None = None
    reference: str | None = None
    key: str | None = None
    request: dict[str, Any] | None = None
    metadata: dict[str, Any] | None = None
    about: int | None = None
    over: int = 0
    other: tuple[str, int] | None = None

    @property
    def amount(self) -> int:
        return sum(amount for _, amount in self.parts)


@dataclass(slots=True)
class Account:
    """One account. A stored account is never changed: commands work on a copy."""

    account_id: str
    status: str | None = None
    merged_into: str | None = None
    kind: str = "user"
    time_zone: str = "UTC"
    open_entry_id: int | None = None
    debt: int = 0
    lots: dict[int, Lot] = field(default_factory=dict)
    payments: dict[int, Payment] = field(default_factory=dict)
    holds: dict[int, Hold] = field(default_factory=dict)
    caps: dict[tuple[str, str], int] = field(default_factory=dict)
    subscriptions: dict[str, Subscription] = field(default_factory=dict)
    entries: list[Entry] = field(default_factory=list)

    def copy(self) -> Account:
        account = copy(self)
        account.lots = {number: Lot(*_LOT(lot)) for number, lot in self.lots.items()}
        account.payments = {
            number: Payment(*_PAYMENT(one)) for number, one in self.payments.items()
        }
        account.holds = {number: Hold(*_HOLD(one)) for number, one in self.holds.items()}
        account.caps = dict(self.caps)
        account.subscriptions = {name: one.copy() for name, one in self.subscriptions.items()}
        account.entries = list(self.entries)
        return account

    @property
    def balance(self) -> int:
        """All credits in lots, expired or not, less the debt: what the newest entry says."""
        return sum(lot.left for lot in self.lots.values()) - self.debt

    @property
    def held(self) -> int:
        """Credits in open holds, overdue or not."""
        return sum(hold.held for hold in self.holds.values())

    def holding(self) -> list[Lot]:
        """The lots that hold credits, in burn order."""
        return sorted((lot for lot in self.lots.values() if lot.left), key=lambda lot: lot.rank)

    def spendable(self, now: datetime) -> list[Lot]:
        """The lots that hold credits and have not expired, in burn order."""
        return [lot for lot in self.holding() if now < lot.expires_at]

    def by_key(self, key: str | None) -> Entry | None:
        """The entry that carries this key."""
        if key is None:
            return None
        return next((entry for entry in self.entries if entry.key == key), None)

    def command(self, command_id: int) -> list[Entry]:
        """The entries of one command, in order."""
        return [entry for entry in self.entries if entry.command_id == command_id]


# A command copies every lot of its account: `copy` would take most of a search's time.
_LOT = attrgetter(*(one.name for one in fields(Lot)))
_PAYMENT = attrgetter(*(one.name for one in fields(Payment)))
_HOLD = attrgetter(*(one.name for one in fields(Hold)))


def later(moment: datetime, step: timedelta) -> datetime:
    """``step`` after ``moment``; never stays never."""
    return moment if moment == NEVER else moment + step
