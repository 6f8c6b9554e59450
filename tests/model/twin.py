"""The model and a database side by side: every call is made on both and everything is compared."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from pgcredits.errors import CreditsError
from pgcredits.rpc import Batch, FeatureUse, Receipt
from tests.client import Credits
from tests.model import damage, past, shown
from tests.model.call import Call
from tests.model.model import Model
from tests.model.state import Refusal, Settings

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime, timedelta

    import psycopg

    from pgcredits.rpc import Sealing, Sweep
    from tests.model.damage import Fault
    from tests.model.state import Account

Answer = tuple[str, Any]


class Twin:
    """Calls go to both; a difference is an AssertionError that tells the whole story.

    The connection is inside a transaction, which the caller rolls back in the end. It has the time
    zone UTC and a database with the test clock. ``compare`` looks at what can be seen after each
    step; turn it off to get through a long sequence and look once.
    """

    def __init__(self, conn: psycopg.Connection[Any], settings: Settings | None = None) -> None:
        self.conn = conn
        self.model = Model()
        self.credits = Credits(conn, savepoints=True)
        self.story: list[str] = []
        self.has_failed = False
        self._known: dict[str, int] = {}
        self._verified: dict[str, Account | None] = {}
        self._saved: list[tuple[Model, dict[str, int], int]] = []
        self._readings: list[tuple[Account, datetime]] = []
        conn.execute("delete from testing.clock")
        conn.execute("insert into testing.clock (now_at) values (%s)", (self.model.now,))
        self.configure(settings or Settings())

    # The surroundings: settings, clock, savepoints.

    def configure(self, settings: Settings) -> None:
        """Change the settings of the installation."""
        self.story.append(str(settings))
        self.model.settings = settings
        self.conn.execute(
            "update credits_private.settings s set value = v.value"
            " from (values ('shortfall', %s), ('renewal_grace', %s), ('refund_grace', %s),"
            " ('hold_time', %s)) as v (setting, value) where s.setting = v.setting",
            (
                settings.shortfall,
                f"{settings.renewal_grace.total_seconds():.6f} seconds",
                f"{settings.refund_grace.total_seconds():.6f} seconds",
                f"{settings.hold_time.total_seconds():.6f} seconds",
            ),
        )

    def at(self, moment: datetime) -> None:
        """Set the clock."""
        self.story.append(f"at {moment}")
        self.model.now = moment
        self.conn.execute("update testing.clock set now_at = %s", (moment,))
        self.compare()

    def wait(self, step: timedelta) -> None:
        """Move the clock; a negative step sets it back."""
        self.at(self.model.now + step)

    @property
    def depth(self) -> int:
        """How many savepoints of the caller are open."""
        return len(self._saved)

    def save(self) -> None:
        """Set a savepoint, as a caller does around several calls."""
        self.story.append("savepoint")
        self._saved.append((self.model.copy(), dict(self._known), len(self._readings)))
        self.conn.execute(f"savepoint caller_{self.depth}")

    def undo(self) -> None:
        """Roll back to the newest savepoint, whatever was called since."""
        self.story.append("rollback to savepoint")
        self.conn.execute(f"rollback to savepoint caller_{self.depth}")
        self._release()
        self.model, self._known, readings = self._saved.pop()
        del self._readings[readings:]
        self.compare()

    def keep(self) -> None:
        """Release the newest savepoint."""
        self.story.append("release savepoint")
        self._release()
        self._saved.pop()
        self.compare()

    def _release(self) -> None:
        self.conn.execute(f"release savepoint caller_{self.depth}")

    # Calls.

    def make(self, call: Call) -> Any:
        """Make the call on both; return the answer, None when it was refused by both."""
        self.story.append(str(call))
        for name in call.accounts:
            if 1 <= len(name) <= 255:
                self._known.setdefault(name, 0)
        with self._told():
            expected, got = _ask(lambda: self.model.make(call)), _ask(lambda: call.on(self.credits))
            assert got == expected, f"answered {got}, expected {expected}"
        self.story[-1] += f" -> {_brief(got)}"
        changed = {name for name in self.model.accounts if self._has_changed(name)}
        self.compare(changed.union(call.accounts))
        return got[1] if got[0] == "answered" else None

    def sweep(self, limit: int) -> None:
        """Sweep in batches of ``limit`` lots and holds until nothing is left."""
        self.story.append(f"expire_due({limit}) until has_more is false")
        expected = self.model.make(Call("expire_due", {}))
        accounts = holds = lots = lost = 0
        with self._told():
            things = sum(
                len(account.lots) + len(account.holds) for account in self.model.accounts.values()
            )
            for _ in range(2 + things):
                batch: Sweep = self.credits.expire_due(limit)
                assert batch.holds <= limit
                assert batch.skipped == 0
                accounts += batch.accounts
                holds += batch.holds
                lots += batch.lots
                lost += batch.credits
                if not batch.has_more:
                    break
            else:
                raise AssertionError("has_more does not end")
            assert (holds, lost) == (expected.holds, expected.credits)
            # Lots that were used up before they expired may count as well.
            assert accounts >= expected.accounts
            assert lots >= expected.lots
        self.compare()

    def seal(self, limit: int) -> None:
        """Seal in batches of ``limit`` entries until nothing is left; the model knows no seals."""
        self.story.append(f"seal_due({limit}) until has_more is false")
        with self._told():
            for _ in range(10_000):
                batch: Sealing = self.credits.seal_due(limit)
                assert batch.entries <= limit
                if not batch.has_more:
                    break
            else:
                raise AssertionError("has_more does not end")
            open_ends = {name: self.credits.get_seal(name).unsealed for name in self.model.accounts}
            assert not any(open_ends.values()), open_ends
        self.compare()

    def look_back(self, nth: int, step: timedelta) -> None:
        """Ask what an account had close to an instant at which something happened to it."""
        instants = {
            (instant, account.account_id)
            for account in self.model.accounts.values()
            for instant in past.instants(account)
            if instant <= self.model.now - abs(step)
        }
        if instants:
            instant, account_id = sorted(instants)[nth % len(instants)]
            account, moment = self.model.account(account_id), instant + step
            self._remember(account_id, moment, past.balance(account, moment))

    def recall(self, nth: int) -> None:
        """Ask again what was read of an account, where nothing has been dated back since."""
        stands = [
            (then, moment)
            for then, moment in self._readings
            if past.stands(then, moment, self.model.account(then.account_id))
        ]
        if stands:
            then, moment = stands[nth % len(stands)]
            self._remember(then.account_id, moment, past.reading(then, moment))

    def _remember(self, account_id: str, moment: datetime, expected: shown.Shown) -> None:
        self.story.append(f"balance_at({account_id}, {moment})")
        with self._told():
            got = self.credits.balance_at(account_id, moment)
            assert {part: getattr(got, part) for part in expected} == expected

    def damage(self, account_id: str, fault: Fault, nth: int) -> bool:
        """Change a row of the account, if one allows for it: ``rebuild`` tells that and no more.

        The next call must be a repair.
        """
        changed = damage.plant(self.conn, account_id, fault, nth)
        if changed:
            self.story.append(f"somebody changes {sorted(changed)} of {account_id}")
            with self._told():
                assert damage.told(self.credits.rebuild(account_id)) == changed
        return bool(changed)

    def compare(self, account_ids: set[str] | None = None) -> None:
        """Compare everything that can be seen of some accounts, or of all that were ever named."""
        known = self._known
        if account_ids is not None:
            known = {name: known[name] for name in sorted(account_ids & known.keys())}
        if not known:
            return
        with self._told():
            changed = {name for name in known if self._has_changed(name)}
            seen = shown.in_database(self.conn, known, changed)
            expected = shown.in_model(self.model, known)
            for name, sight in expected.items():
                for part, value in sight.items():
                    assert seen[name][part] == value, f"{part} of {name}"
        for name in known:
            account = self.model.account(name)
            self._known[name] = len(account.entries)
            self._verified[name] = self._stored(name)
            self._readings.append((account, self.model.now))

    def compare_all(self) -> None:
        """Compare whole ledgers: nothing that was booked before has changed since."""
        self._known = dict.fromkeys(self._known, 0)
        self._verified.clear()
        self.compare()

    def _has_changed(self, account_id: str) -> bool:
        """Whether a command has booked something since the account was compared."""
        return self._verified.get(account_id) is not self._stored(account_id)

    def _stored(self, account_id: str) -> Account | None:
        """The account in the model: another object after each command that booked something."""
        return self.model.accounts.get(account_id)

    @contextmanager
    def _told(self) -> Iterator[None]:
        """Put the whole story into a failure."""
        self.has_failed = True
        try:
            yield
            self.has_failed = False
        except AssertionError as exc:
            exc.add_note("\n".join(["What happened so far:", *self.story]))
            raise


def _ask(make: Any) -> Answer:
    """The answer or the refusal, comparable."""
    try:
        return "answered", make()
    except (CreditsError, Refusal) as refusal:
        return "refused", {"code": refusal.code, **shown.plain(refusal.values)}


def _brief(answer: Answer) -> str:
    kind, value = answer
    if kind == "refused":
        return str(value["code"])
    if isinstance(value, Batch):
        return f"{value.booked} booked, {value.replayed} replays, {value.refused} refused"
    if not isinstance(value, (FeatureUse, Receipt)):
        return str(value)
    replay = ", a replay" if value.is_replay else ""
    return f"{value.entry_id} {value.kind} {value.amount}, {value.balance}/{value.debt}{replay}"
