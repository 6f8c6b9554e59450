"""Whether one serial order, the one in the ledger, explains every answer that sessions were told.

Each account is replayed through the model by the numbers of its entries, command by command:

- what a command booked is what the model books there, entry by entry, with every balance;
- a call that was acknowledged is there exactly once, with that receipt; a replay has its original
  there; nothing is there that no call explains (what is due on the way apart);
- a call that was refused or undone is not there, one with an unknown outcome is there at most once;
- a refusal, a replay and a balance that was read are right at some moment between question and
  answer;
- the order does not contradict real time: what was answered before something else was asked has
  the lower number;
- calls of one transaction are there together or not at all.

Two things are asked of the load: no answer hangs on the clock other than through the dates of
entries, and no payment is named for two accounts.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from tests.history.record import Unknown
from tests.history.replay import Replay
from tests.model.state import Settings

if TYPE_CHECKING:
    from pgcredits.rpc import Entry
    from tests.client import Credits
    from tests.history.record import History, Invocation


def check(history: History, credits: Credits) -> dict[str, list[Entry]]:
    """Fail with everything that contradicts the history; return the ledger of each account.

    Also compares balances and lots with what the model ends with, and asks ``verify()``.
    """
    accounts = {one.call.account for one in history.invocations if one.call.account}
    ledgers = {account: credits.entries(account) for account in sorted(accounts)}
    found = [str(finding) for finding in credits.verify()]
    replays = _replays(history, ledgers, _settings(credits))
    found += _all(replays)
    for account, replay in replays.items():
        seen = credits.get_balance(account)
        if not replay.agrees_with(seen, _remaining(credits, account)):
            found.append(f"{account}: balance or lots are not what the entries leave: {seen}")
    assert not found, f"{len(found)} contradictions:\n" + "\n".join(found[:40])
    return ledgers


def problems(
    history: History, ledgers: dict[str, list[Entry]], settings: Settings | None = None
) -> list[str]:
    """What contradicts the history, one sentence each."""
    return _all(_replays(history, ledgers, settings or Settings()))


def outcomes(history: History) -> Counter[str]:
    """How many calls were acknowledged, refused (by code), undone, unknown."""
    return Counter(
        getattr(one.outcome, "code", type(one.outcome).__name__.lower())
        for one in history.invocations
    )


def _replays(
    history: History, ledgers: dict[str, list[Entry]], settings: Settings
) -> dict[str, Replay]:
    about: dict[str, list[Invocation]] = {account: [] for account in ledgers}
    for one in history.invocations:
        if one.call.account is not None:
            about[one.call.account].append(one)
    return {
        account: Replay(account, entries, about[account], settings)
        for account, entries in ledgers.items()
    }


def _all(replays: dict[str, Replay]) -> list[str]:
    found = [
        f"{account}: {problem}" for account, replay in replays.items() for problem in replay.run()
    ]
    return found + list(_torn(replays))


def _torn(replays: dict[str, Replay]) -> list[str]:
    """Transactions with an unknown outcome of which a part is there."""
    there: dict[int, set[bool | None]] = {}
    for replay in replays.values():
        for one in replay.about:
            if isinstance(one.outcome, Unknown) and one.call.key is not None:
                there.setdefault(one.transaction, set()).add(replay.holds(one))
    return [
        f"transaction {number} is there in part"
        for number, seen in there.items()
        if {True, False} <= seen
    ]


def _settings(credits: Credits) -> Settings:
    rows = credits.conn.execute(
        "select s.setting, s.value,"
        " case when s.setting like any ('{%_grace,%_time}') then s.value::interval end"
        " from credits_private.settings s"
    ).fetchall()
    values = {setting: value if interval is None else interval for setting, value, interval in rows}
    return Settings(
        values["shortfall"],
        values["renewal_grace"],
        values["refund_grace"],
        values["hold_time"],
    )


def _remaining(credits: Credits, account: str) -> dict[int, int]:
    remaining: dict[int, int] = {}
    last = None
    while page := credits.list_lots(account, limit=1000, after=last, live_only=False):
        remaining |= {lot.lot_id: lot.remaining for lot in page}
        last = page[-1].lot_id
    return remaining
