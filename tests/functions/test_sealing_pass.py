"""How far back a pass of sealing looks: the rules of start_sealing_pass, one by one.

Transactions 5 and 9 stand for those that were running; the marks are numbers of transactions.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from tests.functions.support import DAY, HOUR, NOW

if TYPE_CHECKING:
    from tests.client import Connection

MINUTE = timedelta(minutes=1)
EARLIEST = datetime(1, 1, 1, tzinfo=UTC)  # stands for -infinity, which Python does not have
COLUMNS = (
    *("since", "next_since", "mark_at", "mark_xid", "whole_at", "whole_after"),
    *("is_whole", "is_owed"),
)
# Settled: the pass before began a minute ago and found that nobody older was running.
SETTLED: dict[str, Any] = {
    "is_only": True,
    "at_once": False,
    "since": NOW - 2 * MINUTE,
    "next_since": NOW - 2 * MINUTE,
    "mark_at": NOW - MINUTE,
    "mark_xid": 9,
    "pass_at": NOW - MINUTE,
    "pass_after": None,
    "whole_at": NOW - HOUR,
    "whole_after": None,
    "is_whole": True,
    "is_owed": False,
    "sealed_until": NOW - MINUTE,
}


def start(
    tx: Connection, now: datetime = NOW, xid: int | None = 20, xmin: int = 20, **state: Any
) -> dict[str, Any]:
    """Begin a pass, and return what the row of the state becomes."""
    before = SETTLED | state
    values = {**before, "now": now, "xid": xid, "xmin": xmin, "earliest": EARLIEST}
    row = ", ".join(f"%({name})s" for name in SETTLED)
    times = ("since", "next_since", "mark_at", "pass_at", "whole_at")
    shown = ", ".join(
        f"greatest(p.{name}, %(earliest)s) as {name}" if name in times else f"p.{name}"
        for name in SETTLED
    )
    cursor = tx.execute(
        f"select {shown} from credits_private.start_sealing_pass("  # noqa: S608
        f"row({row})::credits_private.sealing, %(now)s, %(xid)s, %(xmin)s) as p",
        values,
    )
    names = [column.name for column in cursor.description or ()]
    assert names == list(SETTLED)
    found = dict(zip(names, cursor.fetchone() or (), strict=True))
    assert (found["pass_at"], found["pass_after"]) == (now, "")
    assert found["sealed_until"] == before["sealed_until"]
    return found


def changed(found: dict[str, Any], **state: Any) -> dict[str, Any]:
    before = SETTLED | state
    return {name: found[name] for name in COLUMNS if found[name] != before[name]}


def test_the_next_pass_begins_at_the_mark_when_nobody_older_runs(tx: Connection) -> None:
    found = start(tx)
    assert changed(found) == {"next_since": NOW - MINUTE, "mark_at": NOW, "mark_xid": 20}


@pytest.mark.parametrize("xmin", [5, 8])
def test_the_mark_stays_while_somebody_older_runs(tx: Connection, xmin: int) -> None:
    assert changed(start(tx, xmin=xmin)) == {}


def test_the_number_of_the_mark_itself_is_not_older(tx: Connection) -> None:
    assert start(tx, xmin=9)["next_since"] == NOW - MINUTE


def test_without_a_number_of_our_own_there_is_no_new_mark(tx: Connection) -> None:
    assert changed(start(tx, xid=None)) == {"next_since": NOW - MINUTE}


def test_what_the_pass_before_left_out_is_looked_for_again(tx: Connection) -> None:
    found = start(tx, next_since=EARLIEST, xmin=5)
    assert (found["since"], found["next_since"]) == (NOW - 2 * MINUTE, NOW - 2 * MINUTE)


@pytest.mark.parametrize(
    "state",
    [
        {"pass_at": NOW - HOUR - MINUTE, "since": NOW - 2 * HOUR},
        {"pass_at": NOW + MINUTE, "mark_at": NOW + MINUTE},
        {
            **dict.fromkeys(("since", "next_since", "mark_at", "pass_at", "whole_at"), EARLIEST),
            "mark_xid": 0,
            "whole_after": "",
            "is_whole": False,
        },
    ],
    ids=["nobody sealed for an hour", "the clock went back", "the first time"],
)
@pytest.mark.parametrize("xid", [20, None])
def test_all_accounts_are_walked_over(tx: Connection, state: dict[str, Any], xid: Any) -> None:
    found = start(tx, xid=xid, **state)
    assert (found["since"], found["next_since"]) == (NOW - HOUR, NOW - HOUR)
    assert (found["whole_at"], found["whole_after"], found["is_whole"]) == (NOW, "", False)
    if xid is not None:
        assert (found["mark_at"], found["mark_xid"]) == (NOW, 20)
        return
    # Nothing is taken from the old mark, which may lie in the future.
    again = start(tx, NOW + MINUTE, None, **found)
    assert again["next_since"] == again["since"] == NOW + MINUTE - HOUR


def test_a_walk_begins_anew_when_the_clock_goes_back(tx: Connection) -> None:
    found = start(tx, pass_at=NOW + MINUTE, whole_after="mia", is_whole=False)
    assert found["whole_after"] == ""


def test_a_day_later_they_are_walked_over_again(tx: Connection) -> None:
    found = start(tx, whole_at=NOW - DAY - MINUTE)
    assert (found["whole_at"], found["whole_after"], found["is_whole"]) == (NOW, "", True)
    assert found["since"] == NOW - 2 * MINUTE


def test_a_walk_that_is_on_its_way_goes_on(tx: Connection) -> None:
    found = start(tx, whole_after="mia", whole_at=NOW - MINUTE)
    assert found["whole_after"] == "mia"


class TestATransactionThatStaysOpen:
    """It has the number 5, and a pass cannot look back to its beginning for ever."""

    @pytest.fixture
    def cut(self, tx: Connection) -> dict[str, Any]:
        """The pass that cannot look back far enough any more."""
        return start(tx, xmin=5, since=NOW - HOUR - MINUTE, mark_at=NOW - HOUR + MINUTE)

    def test_a_pass_looks_back_an_hour(self, cut: dict[str, Any]) -> None:
        assert (cut["since"], cut["next_since"]) == (NOW - HOUR, NOW - HOUR)
        assert (cut["whole_after"], cut["is_whole"], cut["is_owed"]) == (None, True, True)

    def test_a_walk_follows_when_it_has_ended(self, tx: Connection, cut: dict[str, Any]) -> None:
        still = start(tx, NOW + MINUTE, xmin=5, **cut)
        assert (still["whole_after"], still["is_owed"]) == (None, True)
        ended = start(tx, NOW + MINUTE, 30, 30, **cut)
        assert (ended["whole_at"], ended["whole_after"]) == (NOW + MINUTE, "")
        assert (ended["is_owed"], ended["is_whole"]) == (False, True)

    def test_and_another_one_for_those_that_ran_beside_it(
        self, tx: Connection, cut: dict[str, Any]
    ) -> None:
        """A pass does not look back to the mark, so others may have entries before its reach."""
        long_after = cut | {"since": NOW, "pass_at": NOW + HOUR}
        ended = start(tx, NOW + HOUR, 30, 30, **long_after)
        assert (ended["whole_after"], ended["is_owed"]) == ("", True)
        walked = ended | {"whole_after": None}
        assert start(tx, NOW + HOUR + MINUTE, 40, 29, **walked)["whole_after"] is None
        last = start(tx, NOW + HOUR + MINUTE, 40, 40, **walked)
        assert (last["whole_after"], last["is_owed"]) == ("", False)

    def test_not_in_somebody_elses_transaction(self, tx: Connection, cut: dict[str, Any]) -> None:
        """Where no new mark can be made the debt would never end, and nor would the walks."""
        found = start(tx, NOW + MINUTE, None, 30, **cut)
        assert (found["whole_after"], found["is_owed"]) == (None, True)
