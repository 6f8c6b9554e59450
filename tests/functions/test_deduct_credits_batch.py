"""deduct_credits_batch spends many times in one call, each operation like a call of its own."""

from __future__ import annotations

import json
import random
from typing import TYPE_CHECKING, Any

import pytest

from pgcredits.errors import (
    AccountClosed,
    AccountFrozen,
    IdempotencyConflict,
    InDebt,
    InsufficientCredits,
    InvalidArgument,
    LimitReached,
)
from tests.functions.support import (
    BIGINT_MAX,
    DAY,
    HOUR,
    LIMIT,
    MICROSECOND,
    MOST_METADATA,
    NOW,
    RESERVED_KEYS,
    refused,
    set_status,
    unchanged,
)

if TYPE_CHECKING:
    from psycopg.errors import Diagnostic

    from pgcredits.errors import CreditsError
    from pgcredits.rpc import SpendResult
    from tests.client import Credits
    from tests.clock import Clock

pytestmark = pytest.mark.usefixtures("now")

NAMES = "account_id, amount, feature, member, reference, idempotency_key, metadata"


def op(account_id: str, key: str, amount: int | None = None, **more: Any) -> dict[str, Any]:
    """An operation; the amount is left out when it is None."""
    given = {} if amount is None else {"amount": amount}
    return {"account_id": account_id, "idempotency_key": key, **given, **more}


def spend(credits: Credits, *operations: dict[str, Any]) -> list[SpendResult]:
    return credits.deduct_credits_batch(operations).parsed()


def outcomes(credits: Credits, *operations: dict[str, Any]) -> list[str]:
    """The outcome of each operation, of a refused one its code."""
    return [
        result.refusal.code if result.refusal else result.outcome
        for result in spend(credits, *operations)
    ]


class TestTheAnswer:
    def test_it_has_a_result_for_each_operation_in_the_order_given(self, fast: Credits) -> None:
        fast.grant_credits("ann", 10)
        fast.grant_credits("bob", 10)
        fast.deduct_credit("ann", 4, idempotency_key="a1")
        batch = fast.deduct_credits_batch(
            [op("bob", "b1", 3), op("ann", "a2", 7), op("ann", "a1", 4), op("ann", "a3", 5)]
        )
        assert (batch.operations, batch.booked, batch.replayed, batch.refused) == (4, 2, 1, 1)
        assert batch.spent == 8
        shown = [
            (one.index, one.account_id, one.idempotency_key, one.outcome) for one in batch.parsed()
        ]
        assert shown == [
            (0, "bob", "b1", "ok"),
            (1, "ann", "a2", "refused"),
            (2, "ann", "a1", "replay"),
            (3, "ann", "a3", "ok"),
        ]

    def test_a_receipt_is_that_of_a_single_spend(self, fast: Credits) -> None:
        for account in ("ann", "bob"):
            fast.grant_credits(account, 10, pool="subscription")
            fast.grant_credits(account, 10)
        amounts = [4, 5, 3, 8]
        results = spend(fast, *(op("ann", f"k{n}", n, feature="chat") for n in amounts))
        for amount, result in zip(amounts, results, strict=True):
            single = fast.deduct_credit("bob", amount, feature="chat", idempotency_key=f"k{amount}")
            assert result.receipt is not None
            assert repr(result.receipt) == repr(single).replace("'bob'", "'ann'")

    def test_a_refusal_is_that_of_a_single_spend(self, fast: Credits) -> None:
        fast.grant_credits("ann", 10)
        (result,) = spend(fast, op("ann", "k", 11))
        assert result.receipt is None
        assert isinstance(result.refusal, InsufficientCredits)
        assert result.refusal.values == {"required": 11, "available": 10}

    def test_the_entry_says_what_the_spend_was_for(self, fast: Credits) -> None:
        fast.grant_credits("ann", 10)
        said = {"feature": "image", "member": "max", "reference": "job-1", "metadata": {"w": [1]}}
        spend(fast, op("ann", "k1", 3, **said), op("ann", "k2"))
        first, second = fast.entries("ann")[1:]
        assert {name: getattr(first, name) for name in said} == said
        assert (first.amount, first.idempotency_key) == (-3, "k1")
        assert (second.amount, second.feature, second.metadata) == (-1, None, None)

    def test_null_is_not_given_but_for_the_amount(self, fast: Credits) -> None:
        fast.grant_credits("ann", 10)
        nothing = dict.fromkeys(("feature", "member", "reference", "metadata"))
        assert outcomes(fast, op("ann", "k", **nothing)) == ["ok"]
        batch = fast.call(
            "deduct_credits_batch",
            p_operations=[op("ann", "k2", 9), op("ann", "k3", 9)],
            p_all_or_nothing=None,
        )
        assert (batch.booked, batch.refused) == (1, 1)


class TestMalformed:
    """What is wrong in one operation refuses the call, whatever the others are."""

    @pytest.mark.parametrize(
        ("name", "values"),
        [
            ("account_id", [None, "", "x" * 256, 7, ["ann"]]),
            ("amount", [None, 0, -1, 1.5, 2.0, True, [1], LIMIT + 1, BIGINT_MAX + 1, 10**30]),
            ("amount", ["x", "", "-1", "+5", " 5", "5\n", "1e3", "0x5", "1_0", "NaN", "\u0665"]),
            ("feature", ["", "x" * 256, 7]),
            ("member", ["", "x" * 256, 7]),
            ("reference", ["", "x" * 256, 7]),
            ("idempotency_key", [None, "", "x" * 256, 7, *RESERVED_KEYS]),
            ("metadata", [7, "x", [], {"x": "y" * (MOST_METADATA + 1)}]),
            ("acount_id", ["ann", None]),
        ],
    )
    def test_an_illegal_value_is_named_with_its_index(
        self, fast: Credits, name: str, values: list[Any]
    ) -> None:
        fast.grant_credits("ann", 10)
        for value in values:
            wrong = {**op("ann", "k2"), name: value}
            with refused(fast, InvalidArgument, argument=f"p_operations[1].{name}"):
                spend(fast, op("ann", "k1"), wrong)

    def test_of_several_mistakes_the_first_is_named(self, fast: Credits) -> None:
        with refused(fast, InvalidArgument, argument="p_operations[1].idempotency_key"):
            spend(fast, op("ann", "k"), op("ann", ""), op("ann", "k"), op("", "k"))

    @pytest.mark.parametrize("missing", ["account_id", "idempotency_key"])
    def test_account_and_key_are_required(self, fast: Credits, missing: str) -> None:
        with refused(
            fast,
            InvalidArgument,
            argument=f"p_operations[0].{missing}",
            allowed="string of 1 to 255 characters",
        ):
            spend(fast, {k: v for k, v in op("ann", "k").items() if k != missing})

    def test_an_unknown_name_is_refused_with_those_that_there_are(self, fast: Credits) -> None:
        with refused(fast, InvalidArgument, argument="p_operations[0].ref", allowed=NAMES):
            spend(fast, op("ann", "k", ref="job"))

    def test_an_operation_is_an_object(self, fast: Credits) -> None:
        values: list[Any] = [None, 7, "ann", [], ["ann"]]
        for value in values:
            with refused(fast, InvalidArgument, argument="p_operations[1]", allowed="object"):
                spend(fast, op("ann", "k"), value)

    def test_operations_are_an_array_of_some(self, fast: Credits) -> None:
        for value in (None, "null", "7", '"x"', "{}", "[]", json.dumps(op("ann", "k"))):
            with refused(
                fast, InvalidArgument, argument="p_operations", allowed="array of 1 to 1000 objects"
            ):
                fast.call("deduct_credits_batch", p_operations=value)

    def test_a_thousand_are_the_most(self, fast: Credits) -> None:
        fast.grant_credits("ann", 999)
        many = [op("ann", f"k{n}") for n in range(1001)]
        with refused(fast, InvalidArgument, argument="p_operations"):
            spend(fast, *many)
        wrong = {"amount": 2**63}, {"color": 1}, {"idempotency_key": "k0"}
        for change in wrong:
            (name,) = change
            with refused(fast, InvalidArgument, argument=f"p_operations[999].{name}"):
                spend(fast, *many[:999], {**many[999], **change})
        batch = fast.deduct_credits_batch(many[1:])
        assert (batch.operations, batch.booked, batch.spent) == (1000, 999, 999)
        (result,) = (result for result in batch.parsed() if result.outcome == "refused")
        assert result.index == 999

    def test_a_key_that_stands_twice_for_an_account_is_named_with_both_places(
        self, fast: Credits
    ) -> None:
        fast.grant_credits("ann", 10)
        with refused(
            fast,
            InvalidArgument,
            argument="p_operations[3].idempotency_key",
            allowed="a key that the account has not in p_operations[1] already",
        ):
            again = [op("ann", "b", 2), op("ann", "b", 3), op("ann", "a")]
            spend(fast, op("ann", "a"), op("ann", "b"), op("bob", "b"), *again)

    def test_two_accounts_may_have_the_same_key(self, fast: Credits) -> None:
        for account in ("ann", "bob"):
            fast.grant_credits(account, 10)
        assert outcomes(fast, op("ann", "k"), op("bob", "k")) == ["ok", "ok"]

    def test_an_amount_may_be_a_text_of_digits(self, fast: Credits) -> None:
        fast.grant_credits("ann", LIMIT)
        values: list[Any] = ["12", "0" * 15 + "1", LIMIT - 13]
        for value in values:
            assert outcomes(fast, {**op("ann", f"{value}"), "amount": value}) == ["ok"]
        assert [amount for _, amount in fast.booked("ann")[1:]] == [-12, -1, 13 - LIMIT]
        assert fast.balance("ann") == 0

    def test_an_amount_is_a_number_however_json_writes_it(self, fast: Credits) -> None:
        fast.grant_credits("ann", 5000)
        text = '[{"account_id": "ann", "idempotency_key": "k", "amount": 1e3}]'
        assert fast.call("deduct_credits_batch", p_operations=text).spent == 1000

    def test_names_that_only_look_the_same_are_others(self, fast: Credits) -> None:
        """Composed and not, other cases, widths and spaces: accounts and keys are bytes."""
        names = ["\xe9", "e\u0301", "\xc9", "e", "a", "a ", "a\xad", "\xdf", "ss", "K", "\u212a"]
        for name in names:
            fast.grant_credits(name, 20)
        operations = [op(account, key) for key in names for account in names]
        random.Random(2).shuffle(operations)  # noqa: S311
        assert set(outcomes(fast, *operations)) == {"ok"}
        assert [fast.balance(name) for name in names] == [20 - len(names)] * len(names)
        with unchanged(fast):
            assert set(outcomes(fast, *reversed(operations))) == {"replay"}

    def test_other_characters_and_long_names_are_kept(self, fast: Credits) -> None:
        account, key, feature = "ä" * 255, "ref stripe:pgcredits:" + "ö" * 200, "☃" * 255
        fast.grant_credits(account, 10)
        most = {"x": "y" * MOST_METADATA}
        assert outcomes(fast, op(account, key, 2, feature=feature, metadata=most)) == ["ok"]
        entry = fast.entries(account)[-1]
        assert (entry.idempotency_key, entry.feature, entry.metadata) == (key, feature, most)


class TestOneAccount:
    def test_operations_take_effect_in_the_order_given(self, fast: Credits) -> None:
        fast.grant_credits("ann", 10, pool="subscription")
        fast.grant_credits("ann", 10)
        amounts = [6, 6, 1, 7]
        results = spend(fast, *(op("ann", f"k{n}", a) for n, a in enumerate(amounts)))
        assert [result.receipt and result.receipt.allocations for result in results] == [
            [[1, -6]],
            [[1, -4], [2, -2]],
            [[2, -1]],
            [[2, -7]],
        ]
        assert [result.receipt and result.receipt.balance for result in results] == [14, 8, 7, 0]

    def test_a_refusal_stops_no_later_operation(self, fast: Credits) -> None:
        fast.grant_credits("ann", 10)
        found = outcomes(fast, op("ann", "a", 11), op("ann", "b", 8), op("ann", "c", 3))
        assert found == ["insufficient_credits", "ok", "insufficient_credits"]
        assert fast.booked("ann") == [("grant", 10), ("spend", -8)]

    def test_each_is_a_command_of_its_own(self, fast: Credits) -> None:
        for _ in range(3):
            fast.grant_credits("ann", 5)
        spend(fast, *(op("ann", f"k{n}", n) for n in (3, 4, 1, 5)))
        entries = fast.entries("ann")[3:]
        assert [(entry.command_id, entry.idempotency_key) for entry in entries] == [
            (4, "k3"),
            (5, "k4"),
            (6, "k1"),
            (7, "k5"),
        ]
        assert fast.refund_spend("ann", spend_key="k4").allocations == [[2, 2], [1, 2]]

    @pytest.mark.parametrize(
        ("status", "code"), [("frozen", "account_frozen"), ("closed", "account_closed")]
    )
    def test_an_account_that_may_not_spend_refuses_all_but_replays(
        self, fast: Credits, status: str, code: str
    ) -> None:
        fast.grant_credits("ann", 10)
        fast.deduct_credit("ann", 2, idempotency_key="old")
        set_status(fast, "ann", status)
        with unchanged(fast):
            found = outcomes(fast, op("ann", "a"), op("ann", "old", 2), op("ann", "old 2", 20))
        assert found == [code, "replay", code]

    def test_an_account_that_may_not_spend_stops_no_other_one(self, fast: Credits) -> None:
        for account in ("frozen", "closed", "guest", "home"):
            fast.grant_credits(account, 10)
        fast.deduct_credit("guest", 2, idempotency_key="old")
        fast.merge_accounts("guest", "home")
        fast.freeze_account("frozen", "fraud")
        fast.close_account("closed", "left", if_credits="forfeit")
        order = ["home", "closed", "guest", "nobody", "frozen", "home"]
        *results, replay = spend(
            fast, *(op(name, f"k{n}", 9) for n, name in enumerate(order)), op("guest", "old", 2)
        )
        assert [result.refusal.code if result.refusal else "ok" for result in results] == [
            "ok",
            "account_closed",
            "account_merged",
            "insufficient_credits",
            "account_frozen",
            "ok",
        ]
        merged = results[2].refusal
        assert merged is not None
        assert merged.values["merged_into"] == "home"
        assert replay.outcome == "replay"
        assert fast.balance("home") == 0

    def test_debt_refuses(self, fast: Credits) -> None:
        fast.add_purchased_credits("ann", 10, reference="p")
        fast.deduct_credit("ann", 10)
        fast.clawback_credits("ann", "p")
        fast.grant_credits("ann", 5)
        with unchanged(fast):
            (result,) = spend(fast, op("ann", "a", 2))
        assert isinstance(result.refusal, InDebt)
        assert result.refusal.values == {"required": 2, "available": 0, "debt": 10}

    def test_an_unknown_account_has_nothing(self, fast: Credits) -> None:
        with unchanged(fast):
            (result,) = spend(fast, op("nobody", "a", 2))
        assert isinstance(result.refusal, InsufficientCredits)
        assert result.refusal.values == {"required": 2, "available": 0}


class TestMembers:
    def test_a_cap_counts_each_operation_in_the_order_given(self, fast: Credits) -> None:
        fast.grant_credits("ann", 3, pool="subscription")
        fast.grant_credits("ann", 97)
        fast.set_member_cap("ann", "max", "day", 9)
        wanted = [("max", 4), ("max", 2), ("mia", 10), ("max", 4), (None, 10), ("max", 3)]
        results = spend(fast, *(op("ann", f"k{n}", a, member=m) for n, (m, a) in enumerate(wanted)))
        assert [result.outcome for result in results] == ["ok", "ok", "ok", "refused", "ok", "ok"]
        refusal = results[3].refusal
        assert isinstance(refusal, LimitReached)
        assert (refusal.values["member"], refusal.values["left"]) == ("max", 3)
        (usage,) = fast.list_member_usage("ann", member="max")
        assert usage.used == 9
        assert outcomes(fast, op("ann", "k9", member="max")) == ["limit_reached"]

    def test_a_replay_counts_nothing(self, fast: Credits) -> None:
        fast.grant_credits("ann", 100)
        fast.set_member_cap("ann", "max", "day", 9)
        again = [op("ann", "a", 5, member="max"), op("ann", "b", 4, member="max")]
        assert outcomes(fast, *again) == ["ok", "ok"]
        with unchanged(fast):
            assert outcomes(fast, *again) == ["replay", "replay"]

    def test_all_or_nothing_counts_nothing_that_is_refused(self, fast: Credits) -> None:
        fast.grant_credits("ann", 100)
        fast.set_member_cap("ann", "max", "day", 9)
        operations = [op("ann", "a", 5, member="max"), op("ann", "b", 5, member="max")]
        with refused(fast, LimitReached, index=1, member="max", left=4, required=5):
            fast.deduct_credits_batch(operations, all_or_nothing=True)


class TestWhatIsDue:
    @pytest.fixture
    def ann(self, fast: Credits) -> Credits:
        """10 credits that end in a day and 5 that do not."""
        fast.grant_credits("ann", 10, expires_at=NOW + DAY)
        fast.grant_credits("ann", 5)
        return fast

    @pytest.mark.parametrize(("late", "passes"), [(-MICROSECOND, True), (0 * HOUR, False)])
    def test_a_lot_ends_at_its_expiry_to_the_microsecond(
        self, ann: Credits, clock: Clock, late: Any, passes: bool
    ) -> None:
        clock.set(NOW + DAY + late)
        found = outcomes(ann, op("ann", "a", 5), op("ann", "b", 6), op("ann", "c", 4))
        assert (found == ["ok", "ok", "ok"]) == passes
        if not passes:
            assert found == ["ok", "insufficient_credits", "insufficient_credits"]
            assert ann.booked("ann")[2:] == [("expire", -10), ("spend", -5)]

    def test_the_breakage_is_a_command_of_its_own(self, ann: Credits, clock: Clock) -> None:
        clock.set(NOW + 2 * DAY)
        spend(ann, op("ann", "a"), op("ann", "b"))
        expiry, *spends = ann.entries("ann")[2:]
        assert (expiry.kind, expiry.command_id, expiry.idempotency_key) == ("expire", 3, None)
        assert (expiry.occurred_at, expiry.created_at) == (NOW + DAY, NOW + 2 * DAY)
        assert [entry.command_id for entry in spends] == [4, 5]

    def test_it_is_booked_although_all_are_refused(self, ann: Credits, clock: Clock) -> None:
        clock.set(NOW + DAY)
        assert outcomes(ann, op("ann", "a", 6)) == ["insufficient_credits"]
        assert ann.booked("ann")[2:] == [("expire", -10)]
        assert ann.deduct_credit("ann", 5).balance == 0

    def test_it_is_not_booked_by_replays(self, ann: Credits, clock: Clock) -> None:
        ann.deduct_credit("ann", 3, idempotency_key="old")
        clock.set(NOW + DAY)
        with unchanged(ann):
            assert outcomes(ann, op("ann", "old", 3)) == ["replay"]
            assert outcomes(ann, op("ann", "old", 4)) == ["idempotency_conflict"]

    def test_it_is_not_booked_for_a_frozen_account(self, ann: Credits, clock: Clock) -> None:
        ann.freeze_account("ann", "fraud")
        clock.set(NOW + DAY)
        with unchanged(ann):
            assert outcomes(ann, op("ann", "a")) == ["account_frozen"]

    def test_a_lot_that_is_used_up_ends_without_a_trace(self, ann: Credits, clock: Clock) -> None:
        """Nothing is booked, so the credits of the other lot must stay where the ledger says."""
        ann.deduct_credit("ann", 10)
        clock.set(NOW + DAY)
        with unchanged(ann):
            assert outcomes(ann, op("ann", "a", 6)) == ["insufficient_credits"]
        assert outcomes(ann, op("ann", "b", 5)) == ["ok"]
        assert ann.remaining("ann") == []

    def test_an_overdue_hold_gives_its_credits_back_first(
        self, fast: Credits, clock: Clock
    ) -> None:
        fast.grant_credits("ann", 10)
        fast.hold_credits("ann", 8, expires_in=HOUR)
        clock.set(NOW + HOUR)
        assert outcomes(fast, op("ann", "a", 6), op("ann", "b", 5), op("ann", "c", 4)) == [
            "ok",
            "insufficient_credits",
            "ok",
        ]
        assert fast.booked("ann")[2:] == [("release", 8), ("spend", -6), ("spend", -4)]


class TestKeys:
    def test_the_whole_batch_again_answers_the_recorded_receipts(self, fast: Credits) -> None:
        fast.grant_credits("ann", 10)
        fast.grant_credits("bob", 10)
        operations = [op("bob", "k1", 4), op("ann", "k1", 9), op("bob", "k2", 6)]
        first = spend(fast, *operations)
        with unchanged(fast):
            batch = fast.deduct_credits_batch(operations)
        assert (batch.spent, batch.booked, batch.replayed, batch.refused) == (0, 0, 3, 0)
        for before, after in zip(first, batch.parsed(), strict=True):
            assert before.receipt is not None
            assert after.receipt is not None
            assert repr(after.receipt) == repr(before.receipt).replace("False", "True")

    def test_a_single_spend_and_a_batch_replay_each_other(self, fast: Credits) -> None:
        fast.grant_credits("ann", 10)
        single = fast.deduct_credit("ann", 2, feature="chat", idempotency_key="k1")
        replay, booked = spend(
            fast, op("ann", "k1", 2, feature="chat"), op("ann", "k2", 3, metadata={"n": 1})
        )
        assert (replay.outcome, booked.outcome) == ("replay", "ok")
        assert replay.receipt is not None
        assert (replay.receipt.entry_id, replay.receipt.balance) == (single.entry_id, 8)
        again = fast.deduct_credit("ann", 3, idempotency_key="k2", metadata={"n": 2})
        assert again.is_replay
        assert booked.receipt is not None
        assert (again.entry_id, again.balance) == (booked.receipt.entry_id, 5)

    @pytest.mark.parametrize(
        "other", [{"amount": 3}, {"feature": "chat"}, {"member": "max"}, {"reference": "r"}]
    )
    def test_a_key_of_another_request_is_refused_and_the_others_are_not(
        self, fast: Credits, other: dict[str, Any]
    ) -> None:
        fast.grant_credits("ann", 10)
        fast.deduct_credit("ann", 2, idempotency_key="k1")
        refusal, fine = spend(fast, {**op("ann", "k1", 2), **other}, op("ann", "k2"))
        assert isinstance(refusal.refusal, IdempotencyConflict)
        assert refusal.refusal.values["entry_id"] == 2
        assert refusal.refusal.values["recorded"]["amount"] == -2
        assert fine.outcome == "ok"
        assert fast.balance("ann") == 7

    def test_a_key_of_another_command_is_refused(self, fast: Credits) -> None:
        fast.grant_credits("ann", 100, idempotency_key="grant")
        hold = fast.hold_credits("ann", 10, idempotency_key="hold")
        fast.capture_hold("ann", hold.entry_id, 5, idempotency_key="capture")
        fast.deduct_credit("ann", 3, idempotency_key="spend")
        fast.refund_spend("ann", spend_key="spend", idempotency_key="refund")
        fast.transfer_credits("ann", "bob", 1, idempotency_key="transfer")
        wanted = {"grant": 100, "hold": 10, "capture": 5, "refund": 3, "transfer": 1}
        operations = [op("ann", key, amount) for key, amount in wanted.items()]
        with unchanged(fast):
            found = outcomes(fast, *operations, op("ann", "spend", 3))
        assert found == ["idempotency_conflict"] * len(wanted) + ["replay"]

    def test_a_key_of_a_subscription_is_refused_as_by_a_single_spend(self, fast: Credits) -> None:
        fast.renew_subscription("ann", "pro", 10, period_start=NOW, period_end=NOW + 30 * DAY)
        fast.set_subscription_status("ann", "pro", "past_due", idempotency_key="k")
        with pytest.raises(IdempotencyConflict) as single, fast.conn.transaction():
            fast.deduct_credit("ann", 1, idempotency_key="k")
        (result,) = spend(fast, op("ann", "k", 1))
        assert result.refusal is not None
        assert result.refusal.values == single.value.values

    def test_a_refused_key_may_succeed_later(self, fast: Credits) -> None:
        fast.grant_credits("ann", 10)
        assert outcomes(fast, op("ann", "k", 11)) == ["insufficient_credits"]
        fast.grant_credits("ann", 1)
        assert outcomes(fast, op("ann", "k", 11)) == ["ok"]

    def test_a_replay_answers_although_nothing_is_left(self, fast: Credits) -> None:
        fast.grant_credits("ann", 10)
        spend(fast, op("ann", "k", 10))
        assert outcomes(fast, op("ann", "k", 10), op("ann", "l")) == [
            "replay",
            "insufficient_credits",
        ]


class TestAllOrNothing:
    @pytest.fixture
    def two(self, fast: Credits) -> Credits:
        fast.grant_credits("ann", 10)
        fast.grant_credits("bob", 10)
        return fast

    def test_without_a_refusal_it_is_a_batch_like_others(self, two: Credits) -> None:
        batch = two.deduct_credits_batch(
            [op("bob", "k", 10), op("ann", "k", 9)], all_or_nothing=True
        )
        assert (batch.booked, batch.spent) == (2, 19)
        again = two.deduct_credits_batch(
            [op("bob", "k", 10), op("ann", "l", 1)], all_or_nothing=True
        )
        assert (again.booked, again.replayed) == (1, 1)

    def test_the_first_refusal_in_the_order_given_is_raised(self, two: Credits) -> None:
        """The accounts are gone through in another order."""
        operations = [op("bob", "k"), op("bob", "l", 10), op("ann", "k", 99), op("ann", "l", 98)]
        with refused(
            two,
            InsufficientCredits,
            index=1,
            account_id="bob",
            idempotency_key="l",
            required=10,
            available=9,
        ):
            two.deduct_credits_batch(operations, all_or_nothing=True)

    @pytest.mark.parametrize(
        ("account_id", "error"),
        [("frozen", AccountFrozen), ("closed", AccountClosed), ("debtor", InDebt)],
    )
    def test_every_refusal_is_raised_as_its_own_error(
        self, two: Credits, account_id: str, error: type[CreditsError]
    ) -> None:
        two.add_purchased_credits(account_id, 10, reference=account_id)
        if account_id == "debtor":
            two.deduct_credit(account_id, 10)
            two.clawback_credits(account_id, account_id)
        else:
            set_status(two, account_id, account_id)
        with refused(two, error, index=1, account_id=account_id, idempotency_key="k"):
            two.deduct_credits_batch([op("ann", "k"), op(account_id, "k")], all_or_nothing=True)

    def test_a_key_of_another_request_is_raised(self, two: Credits) -> None:
        two.deduct_credit("bob", 2, idempotency_key="k")
        with refused(two, IdempotencyConflict, index=1, idempotency_key="k", entry_id=2):
            two.deduct_credits_batch([op("ann", "k"), op("bob", "k")], all_or_nothing=True)

    def test_what_was_due_is_not_booked_either(self, two: Credits, clock: Clock) -> None:
        two.grant_credits("cid", 10, expires_at=NOW + HOUR)
        clock.set(NOW + HOUR)
        with refused(two, InsufficientCredits, index=0, required=1, available=0):
            two.deduct_credits_batch([op("cid", "k")], all_or_nothing=True)


def test_the_entries_of_an_account_are_written_by_one_statement(fast: Credits) -> None:
    for account in ("ann", "bob"):
        fast.grant_credits(account, 10, expires_at=NOW + DAY)
        fast.grant_credits(account, 10)
    # A notice for each statement; a trigger that writes would write into what the test looks at.
    fast.conn.execute(
        "create function pg_temp.note() returns trigger language plpgsql as $$ begin"
        " raise notice '%', (select count(*) from added); return null; end $$"
    )
    fast.conn.execute(
        "create trigger note after insert on credits_private.ledger"
        " referencing new table as added for each statement execute function pg_temp.note()"
    )
    notices: list[str | None] = []

    def note(diagnostic: Diagnostic) -> None:
        notices.append(diagnostic.message_primary)

    fast.conn.add_notice_handler(note)
    spend(fast, *(op(account, f"k{n}", n) for n in (4, 8, 3) for account in ("bob", "ann", "cid")))
    fast.conn.remove_notice_handler(note)
    assert notices == ["3", "3"]


def test_it_does_no_more_than_it_says_in_any_order_of_accounts(fast: Credits) -> None:
    rng = random.Random(4)  # noqa: S311
    accounts = ["Zoë", "ann", "Ann", "ärger", "_", "10", "9"]
    for account in accounts:
        fast.grant_credits(account, 50)
    operations = [op(rng.choice(accounts), f"k{n}", rng.randint(1, 9)) for n in range(60)]
    results = spend(fast, *operations)
    assert [result.index for result in results] == [*range(60)]
    for account in accounts:
        mine = [result.receipt for result in results if result.account_id == account]
        assert fast.balance(account) == 50 + sum(one.amount for one in mine if one)
