"""A random life of a customer as Stripe tells it: events in the order in which they happen."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from pgcredits.demo import events
from tests import stripe_objects as objects

if TYPE_CHECKING:
    from random import Random

    from pgcredits.demo.events import Event

MONTH = 30 * 86400
PERIODS = 3
MONEY = ["refund", "failing refund", "charge", "won", "lost", "appeal", "inquiry"]
FROZEN = {"credits_frozen": "1", "account": "u"}


@dataclass
class Life:
    """What happens from ``start`` on (seconds since 1970); the last of three months is running."""

    random: Random
    start: int
    told: list[Event] = field(default_factory=list)
    _now: int = 0
    _number: int = 0

    def __post_init__(self) -> None:
        self._now = self.start
        self._catalogue()
        self.told.append(objects.customer(self._tick(), "u"))
        for _ in range(self.random.randint(1, 3)):
            self._purchase()
        if self.random.random() < 0.8:
            self._subscription()

    def _tick(self) -> int:
        self._now += self.random.randint(1, 5)
        return self._now

    def _name(self, kind: str) -> str:
        self._number += 1
        return f"{kind}_{self._number}"

    def _catalogue(self) -> None:
        self.told += [
            objects.product(self._tick(), {"credits_proration": "proportional"}),
            objects.price(self._tick(), {"credits": "500"}),
            objects.price(self._tick(), {"credits": "9000"}, price="price_max", unit_amount=9900),
        ]

    def _purchase(self) -> None:
        intent, charge = self._name("pi"), self._name("ch")
        amount = self.random.choice([999, 1000, 4999])
        credits = str(self.random.choice([1, 101, 5000]))
        session = self._name("cs")
        metadata = {**FROZEN, "credits": credits}
        if self.random.random() < 0.3:
            pending = objects.session(
                self._tick(),
                session=session,
                payment_intent=intent,
                amount=amount,
                payment_status="unpaid",
                metadata=metadata,
                customer="cus_1",
            )
            self.told.append(pending)
        kind = self.random.choice(["completed", "async_payment_succeeded"])
        self.told += [
            objects.charge(
                self._tick(),
                kind="charge.succeeded",
                charge=charge,
                payment_intent=intent,
                amount=amount,
            ),
            objects.payment_intent(
                self._tick(),
                intent=intent,
                charge=charge,
                amount=amount,
                metadata=self.random.choice([metadata, {}]),
                customer="cus_1",
            ),
            objects.session(
                self._tick(),
                kind,
                session=session,
                payment_intent=intent,
                amount=amount,
                metadata=metadata,
                customer="cus_1",
            ),
        ]
        self._money_back(intent, charge, amount)

    def _subscription(self) -> None:
        account = self.random.choice(["u", None])
        first = self._tick()
        bounds = [first + MONTH * n for n in range(PERIODS + 1)]
        self.told.append(
            objects.subscription(
                first, "incomplete", kind="created", account=account, period=(bounds[0], bounds[1])
            )
        )
        for start, end in pairwise(bounds):
            self._now = max(self._now, start)
            self.told.append(
                objects.subscription(self._tick(), "active", account=account, period=(start, end))
            )
            self._invoice(account, start, end)
            self._changes(account, (start, end))
        if self.random.random() < 0.5:
            self.told.append(
                objects.subscription(self._tick(), "canceled", kind="deleted", account=account)
            )

    def _changes(self, account: str | None, period: tuple[int, int]) -> None:
        """Within a period: overdue and paid again, canceled and thought better of."""
        ahead: dict[str, Any] = {"cancel_at": period[1], "cancel_at_period_end": True}
        said: list[tuple[str, dict[str, Any]]] = [
            ("past_due", {}),
            ("paused", {}),
            ("active", ahead),
            ("active", {}),
        ]
        for status, more in self.random.sample(said, self.random.randint(0, 2)):
            self.told.append(
                objects.subscription(self._tick(), status, account=account, period=period, **more)
            )

    def _invoice(self, account: str | None, start: int, end: int) -> None:
        invoice, intent, charge = self._name("in"), self._name("pi"), self._name("ch")
        lines = [events.Line("price_pro", 1900, start, end)]
        if self.random.random() < 0.3:
            lines.append(
                events.Line("price_max", 700, start + MONTH // 2, end, item="si_x", proration=True)
            )
        shape: events.Shape = self.random.choice(["endive", "acacia"])
        paid = events.invoice_paid(
            account=account,
            subscription="sub_1",
            lines=lines,
            created=self._tick(),
            customer="cus_1",
            invoice=invoice,
            payment_intent=intent,
            shape=shape,
        )
        amount = sum(line.amount for line in lines)
        again = objects.event("invoice.payment_succeeded", paid["data"]["object"], self._tick())
        tied = objects.invoice_payment(
            self._tick(),
            invoice=invoice,
            payment_intent=intent,
            amount=amount,
            number=self._name("inpay"),
        )
        self.told += [paid, again, tied]
        if shape == "acacia":
            charge = paid["data"]["object"]["charge"]
        self._money_back(intent, charge, amount)

    def _money_back(self, intent: str, charge: str, amount: int) -> None:
        refunded = 0
        for what in self.random.sample(MONEY, self.random.choice([0, 1, 1, 2, 3])):
            part = self.random.choice([amount // 3, amount // 2, amount - refunded])
            if what in {"refund", "failing refund"}:
                name, made = self._name("re"), self._tick()
                for status in ["pending", "succeeded"] + ["failed"] * (what != "refund"):
                    self.told.append(
                        objects.refund(
                            self._tick(),
                            refund=name,
                            amount=part,
                            status=status,
                            payment_intent=self.random.choice([intent, None]),
                            charge=charge,
                            kind=self.random.choice(["refund.updated", "charge.refund.updated"]),
                            made=made,
                        )
                    )
                refunded += part * (what == "refund")
                # So that the charge is always tied to its payment intent.
                self.told.append(self._charge(intent, charge, amount, refunded))
            elif what == "charge":
                refunded = min(refunded + part, amount)
                self.told.append(self._charge(intent, charge, amount, refunded))
            else:
                self._dispute(what, intent, charge, part)

    def _charge(self, intent: str, charge: str, amount: int, refunded: int) -> Event:
        return objects.charge(
            self._tick(), charge=charge, payment_intent=intent, amount=amount, refunded=refunded
        )

    def _dispute(self, what: str, intent: str, charge: str, amount: int) -> None:
        steps = {
            "inquiry": [("created", "warning_needs_response"), ("closed", "warning_closed")],
            "won": [
                ("created", "needs_response"),
                ("funds_withdrawn", "needs_response"),
                ("closed", "won"),
                ("funds_reinstated", "won"),
            ],
            "lost": [("created", "needs_response"), ("closed", "lost")],
            "appeal": [
                ("created", "needs_response"),
                ("closed", "lost"),
                ("updated", "appeal_under_review"),
                ("closed", self.random.choice(["won", "lost"])),
            ],
        }[what]
        name = self._name("dp")
        for kind, status in steps:
            # Events of one second are put in order by how far they are.
            created = self._now if self.random.random() < 0.2 else self._tick()
            if what == "appeal":
                created = self._tick()
            self.told.append(
                objects.dispute(
                    created,
                    status,
                    kind=kind,
                    dispute=name,
                    amount=amount,
                    payment_intent=intent,
                    charge=charge,
                )
            )
