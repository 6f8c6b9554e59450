"""Features: what a use costs, and paying for it once."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from pgcredits.errors import (
    AccountClosed,
    AccountFrozen,
    AccountNotFound,
    FeatureInactive,
    FeatureNotFound,
    HoldExpired,
    IdempotencyConflict,
    InDebt,
    InsufficientCredits,
    InvalidArgument,
    LimitReached,
    RefundExceedsSpend,
)
from tests.functions.support import (
    DAY,
    HOUR,
    ILLEGAL_ACCOUNT,
    ILLEGAL_TAIL,
    LIMIT,
    MICROSECOND,
    NOW,
    illegal,
    illegal_amount,
    illegal_text,
    refused,
    replayed,
    set_status,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from pgcredits.errors import CreditsError
    from tests.client import Credits
    from tests.clock import Clock

pytestmark = pytest.mark.usefixtures("now")

MODES = {"mode": {"fast": 1, "hd": 2.5}, "size": {"s": 0.5, "l": 3}}


@pytest.fixture
def shop(fast: Credits) -> Credits:
    """A page costs 2, an image 1.5 by mode and size, a report 10 however long it is."""
    fast.define_feature("page", unit="page")
    fast.set_rate_card("page", 2)
    fast.define_feature("image", description="An image", unit="picture")
    fast.set_rate_card("image", Decimal("1.5"), modifiers=MODES, defaults={"mode": "fast"})
    fast.define_feature("report")
    fast.set_rate_card("report", 10, charge="per_use")
    fast.define_feature("help")
    fast.set_rate_card("help", 0)
    fast.grant_credits("u", 100)
    return fast


class TestPrice:
    @pytest.mark.parametrize(
        ("feature", "quantity", "modifiers", "credits"),
        [
            ("page", 1, None, 2),
            ("page", 7, {}, 14),
            ("report", 1, None, 10),
            ("report", 999, None, 10),
            ("help", 999, None, 0),
            ("image", 1, {"size": "l"}, 5),  # 4.5
            ("image", 3, {"size": "l"}, 14),  # 13.5
            ("image", 2, {"size": "l", "mode": "fast"}, 9),
            ("image", 1, {"size": "l", "mode": "hd"}, 12),  # 11.25
            ("image", 1, {"size": "s"}, 1),  # 0.75
        ],
    )
    def test_base_times_modifiers_times_quantity_made_whole_once(
        self,
        shop: Credits,
        feature: str,
        quantity: int,
        modifiers: dict[str, str] | None,
        credits: int,
    ) -> None:
        quote = shop.quote_feature("u", feature, quantity, modifiers=modifiers)
        assert (quote.credits, quote.quantity, quote.rate_card) == (credits, quantity, 1)
        assert shop.check_feature("u", feature, quantity, modifiers=modifiers).credits == credits
        used = shop.use_feature("u", feature, quantity, modifiers=modifiers)
        assert (used.amount, used.feature, used.quantity) == (-credits, feature, quantity)
        assert (used.balance, used.available, used.debt) == (100 - credits, 100 - credits, 0)
        assert (used.kind, used.rate_card, used.is_replay) == ("spend", 1, False)
        assert sum(amount for _, amount in used.allocations) == -credits
        assert shop.balance("u") == 100 - credits

    @pytest.mark.parametrize(
        ("rounding", "prices"),
        [("up", [1, 1, 2, 2]), ("down", [0, 1, 1, 2]), ("nearest", [1, 1, 2, 2])],
    )
    def test_rounding(self, shop: Credits, rounding: str, prices: list[int]) -> None:
        shop.set_rate_card("page", Decimal("0.5"), rounding=rounding)
        found = [shop.quote_feature("u", "page", quantity).credits for quantity in (1, 2, 3, 4)]
        assert found == prices

    def test_nearest_takes_the_closer_one(self, shop: Credits) -> None:
        shop.set_rate_card("page", Decimal("0.4"), rounding="nearest")
        assert [shop.quote_feature("u", "page", n).credits for n in (1, 2, 3, 4)] == [0, 1, 1, 2]

    def test_minimum_and_maximum_hold_for_one_use(self, shop: Credits) -> None:
        shop.set_rate_card("page", Decimal("0.1"), minimum=2, maximum=5)
        found = [shop.quote_feature("u", "page", n).credits for n in (1, 20, 21, 50, 10**9)]
        assert found == [2, 2, 3, 5, 5]

    def test_decimals_are_exact(self, shop: Credits) -> None:
        """0.1 * 3 is 0.3, and what is a third of a billionth more is rounded up."""
        shop.set_rate_card(
            "page", Decimal("0.1"), modifiers={"m": {"three": 3, "more": 3.000000001}}
        )
        exact = shop.quote_feature("u", "page", 10, modifiers={"m": "three"})
        more = shop.quote_feature("u", "page", 10, modifiers={"m": "more"})
        assert (exact.credits, more.credits) == (3, 4)

    def test_the_breakdown_leads_from_the_base_to_the_price(self, shop: Credits) -> None:
        quote = shop.quote_feature("u", "image", 3, modifiers={"size": "l"})
        assert quote.unit == "picture"
        assert quote.breakdown == {
            "base": 1.5,
            "charge": "per_unit",
            "quantity": 3,
            "modifiers": [
                {"modifier": "mode", "option": "fast", "factor": 1},
                {"modifier": "size", "option": "l", "factor": 3},
            ],
            "exact": 13.5,
            "rounding": "up",
            "minimum": 0,
            "maximum": None,
            "credits": 14,
        }

    @pytest.mark.parametrize(
        ("modifiers", "argument", "allowed"),
        [
            (None, "p_modifiers.size", "one of l, s"),
            ({"size": "xl"}, "p_modifiers.size", "one of l, s"),
            ({"size": None}, "p_modifiers.size", "one of l, s"),
            ({"size": 1}, "p_modifiers.size", "one of l, s"),
            ({"size": "l", "mode": None}, "p_modifiers.mode", "one of fast, hd"),
            ({"size": "l", "model": "x"}, "p_modifiers.model", "one of the modifiers mode, size"),
        ],
    )
    @pytest.mark.parametrize("call", ["use_feature", "quote_feature", "check_feature"])
    def test_a_modifier_that_the_card_does_not_have(
        self, shop: Credits, modifiers: Any, argument: str, allowed: str, call: str
    ) -> None:
        with refused(shop, InvalidArgument, argument=argument, allowed=allowed):
            shop.call(call, p_account_id="u", p_feature="image", p_modifiers=modifiers)

    def test_a_minimum_is_no_price_for_modifiers_that_do_not_fit(self, shop: Credits) -> None:
        shop.set_rate_card("image", 1, modifiers=MODES, minimum=3)
        with refused(shop, InvalidArgument, argument="p_modifiers.mode"):
            shop.use_feature("u", "image")

    def test_modifiers_of_a_feature_without_any(self, shop: Credits) -> None:
        allowed = "nothing: the feature has no modifiers"
        with refused(shop, InvalidArgument, argument="p_modifiers.x", allowed=allowed):
            shop.use_feature("u", "page", modifiers={"x": "y"})

    @pytest.mark.parametrize("quantity", [LIMIT // 2 + 1, LIMIT])
    def test_a_price_that_no_account_could_hold(self, shop: Credits, quantity: int) -> None:
        for call in (shop.use_feature, shop.quote_feature, shop.check_feature, shop.hold_feature):
            with refused(shop, InvalidArgument, argument="p_quantity"):
                call("u", "page", quantity)


class TestQuote:
    @pytest.mark.parametrize(
        ("feature", "modifiers", "largest"),
        [
            ("page", None, 50),
            ("image", {"size": "l"}, 22),  # 99; 23 would cost 103.5
            ("report", None, LIMIT),
            ("help", None, LIMIT),
        ],
    )
    def test_the_largest_quantity_passes_and_one_more_does_not(
        self, shop: Credits, feature: str, modifiers: dict[str, str] | None, largest: int
    ) -> None:
        quote = shop.quote_feature("u", feature, 5, modifiers=modifiers)
        assert (quote.is_affordable, quote.largest_quantity) == (True, largest)
        if largest < LIMIT:
            assert not shop.quote_feature(
                "u", feature, largest + 1, modifiers=modifiers
            ).is_affordable
            with refused(shop, InsufficientCredits):
                shop.use_feature("u", feature, largest + 1, modifiers=modifiers)
            assert shop.quote_feature("u", feature, largest, modifiers=modifiers).is_affordable
            shop.use_feature("u", feature, largest, modifiers=modifiers)

    def test_a_maximum_makes_any_quantity_affordable(self, shop: Credits) -> None:
        shop.set_rate_card("page", 2, maximum=100)
        assert shop.quote_feature("u", "page").largest_quantity == LIMIT

    def test_a_minimum_that_is_too_much_leaves_nothing(self, shop: Credits) -> None:
        shop.set_rate_card("page", 2, minimum=101)
        quote = shop.quote_feature("u", "page")
        assert (quote.is_affordable, quote.largest_quantity) == (False, 0)

    def test_expired_credits_do_not_count(self, shop: Credits, clock: Clock) -> None:
        shop.grant_credits("v", 10, expires_at=NOW + DAY)
        clock.set(NOW + DAY - MICROSECOND)
        assert shop.quote_feature("v", "page").largest_quantity == 5
        assert shop.check_feature("v", "page", 5).is_allowed
        clock.set(NOW + DAY)
        assert shop.quote_feature("v", "page").largest_quantity == 0
        assert not shop.check_feature("v", "page").is_allowed
        with refused(shop, InsufficientCredits, required=2, available=0):
            shop.use_feature("v", "page")

    def test_an_unknown_account_has_nothing(self, shop: Credits) -> None:
        quote = shop.quote_feature("nobody", "page")
        assert (quote.credits, quote.is_affordable, quote.largest_quantity) == (2, False, 0)


def _frozen(shop: Credits) -> None:
    shop.freeze_account("u", "fraud")


def _closed(shop: Credits) -> None:
    set_status(shop, "u", "closed")


def _indebted(shop: Credits) -> None:
    shop.add_purchased_credits("u", 50, reference="p")
    shop.deduct_credit("u", 150)
    shop.clawback_credits("u", "p")


def _poor(shop: Credits) -> None:
    shop.deduct_credit("u", 99)


def _capped(shop: Credits) -> None:
    shop.set_member_cap("u", "mia", "day", 1)


class TestRefusals:
    @pytest.mark.parametrize(
        ("happens", "error"),
        [
            (_frozen, AccountFrozen),
            (_closed, AccountClosed),
            (_indebted, InDebt),
            (_poor, InsufficientCredits),
            (_capped, LimitReached),
        ],
    )
    def test_check_says_what_use_and_hold_would_say(
        self, shop: Credits, happens: Callable[[Credits], None], error: type[CreditsError]
    ) -> None:
        assert shop.check_feature("u", "page", member="mia").is_allowed
        happens(shop)
        check = shop.check_feature("u", "page", member="mia")
        assert not check.is_allowed
        assert check.refusal is not None
        assert check.refusal["code"] == error.code
        values = {name: value for name, value in check.refusal.items() if name != "code"}
        with refused(shop, error, **values):
            shop.use_feature("u", "page", member="mia")
        with refused(shop, error, **values):
            shop.hold_feature("u", "page", member="mia")

    @pytest.mark.parametrize(
        ("happens", "error"),
        [(_frozen, AccountFrozen), (_closed, AccountClosed), (_indebted, InDebt)],
    )
    def test_what_costs_nothing_is_refused_as_well(
        self, shop: Credits, happens: Callable[[Credits], None], error: type[CreditsError]
    ) -> None:
        happens(shop)
        check = shop.check_feature("u", "help")
        assert check.refusal is not None
        assert check.refusal["code"] == error.code
        assert shop.quote_feature("u", "help").largest_quantity == 0
        with refused(shop, error):
            shop.use_feature("u", "help")

    def test_what_costs_nothing_needs_an_account(self, shop: Credits) -> None:
        check = shop.check_feature("nobody", "help")
        assert check.refusal == {"code": "account_not_found", "account_id": "nobody"}
        with refused(shop, AccountNotFound, account_id="nobody"):
            shop.use_feature("nobody", "help")
        with refused(shop, InsufficientCredits, required=2, available=0):
            shop.use_feature("nobody", "page")

    def test_what_costs_nothing_passes_no_cap(self, shop: Credits) -> None:
        shop.deduct_credit("u", 5, member="mia")
        shop.set_member_cap("u", "mia", "day", 3)
        assert shop.check_feature("u", "help", member="mia").is_allowed
        assert shop.use_feature("u", "help", member="mia").amount == 0
        (usage,) = shop.list_member_usage("u")
        assert usage.used == 5

    def test_a_use_is_counted_for_its_member(self, shop: Credits) -> None:
        shop.set_member_cap("u", "mia", "day", 10)
        shop.use_feature("u", "page", 3, member="mia")
        shop.grant_credits("u", 1)  # over another lot: the slow path counts as well
        shop.use_feature("u", "page", 2, member="mia")
        (usage,) = shop.list_member_usage("u")
        assert usage.used == 10
        with refused(shop, LimitReached, left=0, required=2):
            shop.use_feature("u", "page", member="mia")

    def test_an_unknown_feature(self, shop: Credits) -> None:
        allowed = ["help", "image", "page", "report"]
        for call in (shop.use_feature, shop.quote_feature, shop.check_feature, shop.hold_feature):
            with refused(shop, FeatureNotFound, feature="video", allowed=allowed):
                call("u", "video")
        with refused(shop, FeatureNotFound, feature="video", allowed=allowed):
            shop.set_rate_card("video", 1)
        assert shop.list_rate_cards("video") == []

    def test_a_feature_that_is_switched_off(self, shop: Credits) -> None:
        shop.define_feature("page", is_active=False)
        for call in (shop.use_feature, shop.quote_feature, shop.check_feature, shop.hold_feature):
            with refused(
                shop,
                FeatureInactive,
                feature="page",
                reason="it is switched off",
                allowed=["help", "image", "report"],
            ):
                call("u", "page")
        shop.define_feature("page", is_active=True)
        assert shop.use_feature("u", "page").amount == -2

    def test_a_feature_without_a_price(self, shop: Credits) -> None:
        shop.define_feature("video")
        with refused(shop, FeatureInactive, feature="video", reason="no rate card counts yet"):
            shop.use_feature("u", "video")

    @pytest.mark.parametrize(
        ("argument", "value"),
        [
            *ILLEGAL_ACCOUNT,
            *illegal_amount("p_quantity"),
            *illegal("p_feature", null=None),
            *illegal("p_modifiers", array=[], number="1", string='"x"', null="null"),
            *illegal_text("p_member"),
            *ILLEGAL_TAIL,
        ],
    )
    @pytest.mark.parametrize("call", ["use_feature", "hold_feature"])
    def test_arguments_that_cannot_be(
        self, shop: Credits, call: str, argument: str, value: Any
    ) -> None:
        given = {"p_account_id": "u", "p_feature": "page", argument: value}
        with refused(shop, InvalidArgument, argument=argument):
            shop.call(call, **given)

    @pytest.mark.parametrize("quantity", [LIMIT + 1, 2**62])
    def test_a_quantity_that_is_too_large_even_where_it_costs_little(
        self, shop: Credits, quantity: int
    ) -> None:
        shop.set_rate_card("page", Decimal("0.000000001"), maximum=1)
        with refused(shop, InvalidArgument, argument="p_quantity"):
            shop.use_feature("u", "page", quantity)

    @pytest.mark.parametrize(
        ("argument", "value"),
        [
            *ILLEGAL_ACCOUNT,
            *illegal("p_hold_id", null=None, zero=0),
            *illegal_amount("p_quantity"),
            *illegal("p_if_short", other="x"),
            *ILLEGAL_TAIL,
        ],
    )
    def test_arguments_of_a_capture_that_cannot_be(
        self, shop: Credits, argument: str, value: Any
    ) -> None:
        given = {"p_account_id": "u", "p_hold_id": 1, "p_quantity": 1, argument: value}
        with refused(shop, InvalidArgument, argument=argument):
            shop.call("capture_feature", **given)


class TestReplays:
    def test_a_reference_pays_for_a_feature_once(self, shop: Credits) -> None:
        first = shop.use_feature("u", "page", 3, reference="job-1", metadata={"result": [1, 2]})
        assert first.metadata == {"result": [1, 2]}
        with replayed(shop, first) as answers:
            answers.append(shop.use_feature("u", "page", 3, reference="job-1", metadata={"x": 1}))
        assert shop.entries("u")[-1].idempotency_key == "ref:page:job-1"

    def test_another_feature_or_account_may_have_the_same_reference(self, shop: Credits) -> None:
        shop.use_feature("u", "page", reference="job-1")
        assert not shop.use_feature("u", "report", reference="job-1").is_replay
        shop.grant_credits("v", 10)
        assert not shop.use_feature("v", "page", reference="job-1").is_replay

    def test_a_key_goes_before_the_reference(self, shop: Credits) -> None:
        shop.use_feature("u", "page", reference="job-1", idempotency_key="a")
        second = shop.use_feature("u", "page", reference="job-1", idempotency_key="b")
        assert not second.is_replay
        with replayed(shop, second) as answers:
            answers.append(shop.use_feature("u", "page", reference="job-1", idempotency_key="b"))

    def test_without_key_and_reference_each_call_pays(self, shop: Credits) -> None:
        shop.use_feature("u", "page")
        shop.use_feature("u", "page")
        assert shop.balance("u") == 96

    @pytest.mark.parametrize(
        "changed",
        [
            {"p_quantity": 4},
            {"p_modifiers": {"size": "s"}},
            {"p_modifiers": {"size": "l", "mode": "fast"}},
            {"p_member": "mia"},
            {"p_feature": "page", "p_modifiers": None},
        ],
    )
    def test_another_request_under_the_key_is_a_conflict(
        self, shop: Credits, changed: dict[str, Any]
    ) -> None:
        given = {
            "p_account_id": "u",
            "p_feature": "image",
            "p_quantity": 3,
            "p_modifiers": {"size": "l"},
            "p_idempotency_key": "k",
        }
        shop.call("use_feature", **given)
        with refused(shop, IdempotencyConflict, idempotency_key="k"):
            shop.call("use_feature", **given | changed)
        with refused(shop, IdempotencyConflict, idempotency_key="k"):
            shop.call("hold_feature", **given)
        with refused(shop, IdempotencyConflict, idempotency_key="k"):
            shop.deduct_credit("u", 14, feature="image", idempotency_key="k")

    def test_the_key_of_another_command_is_a_conflict(self, shop: Credits) -> None:
        shop.deduct_credit("u", 2, feature="page", idempotency_key="k")
        with refused(shop, IdempotencyConflict, idempotency_key="k"):
            shop.use_feature("u", "page", idempotency_key="k")

    def test_no_modifiers_and_an_empty_object_are_the_same(self, shop: Credits) -> None:
        first = shop.use_feature("u", "page", idempotency_key="k", modifiers={})
        with replayed(shop, first) as answers:
            answers.append(
                shop.call(
                    "use_feature",
                    p_account_id="u",
                    p_feature="page",
                    p_modifiers=None,
                    p_idempotency_key="k",
                )
            )

    def test_a_replay_keeps_the_first_price(self, shop: Credits) -> None:
        """Whatever became of the feature since, the call that was paid is answered."""
        first = shop.use_feature("u", "image", modifiers={"size": "l"}, reference="r")
        held = shop.hold_feature("u", "image", modifiers={"size": "l"}, idempotency_key="h")

        def again() -> None:
            with replayed(shop, first) as answers:
                answers.append(
                    shop.use_feature("u", "image", modifiers={"size": "l"}, reference="r")
                )
            with replayed(shop, held) as answers:
                answers.append(
                    shop.hold_feature("u", "image", modifiers={"size": "l"}, idempotency_key="h")
                )

        shop.set_rate_card("image", 50, modifiers=MODES, defaults={"mode": "fast"})
        again()
        shop.set_rate_card("image", 1)
        again()
        shop.define_feature("image", is_active=False)
        again()
        shop.deduct_credit("u", shop.available("u"))
        again()
        shop.freeze_account("u", "fraud")
        again()

    def test_a_refusal_is_not_recorded(self, shop: Credits) -> None:
        with refused(shop, InsufficientCredits):
            shop.use_feature("u", "page", 51, reference="r")
        shop.grant_credits("u", 2)
        assert shop.use_feature("u", "page", 51, reference="r").amount == -102

    def test_a_replay_of_what_cost_nothing(self, shop: Credits) -> None:
        first = shop.use_feature("u", "help", reference="r")
        assert (first.amount, first.allocations) == (0, [])
        with replayed(shop, first) as answers:
            answers.append(shop.use_feature("u", "help", reference="r"))


class TestVersions:
    def test_a_new_card_counts_from_its_instant_on(self, shop: Credits, clock: Clock) -> None:
        shop.use_feature("u", "page")
        card = shop.set_rate_card("page", 5, valid_from=NOW + DAY)
        assert (card.rate_card, card.valid_from, card.created_at) == (2, NOW + DAY, NOW)
        clock.set(NOW + DAY - MICROSECOND)
        assert shop.use_feature("u", "page").rate_card == 1
        clock.set(NOW + DAY)
        used = shop.use_feature("u", "page")
        assert (used.rate_card, used.amount) == (2, -5)
        cards = [entry.request for entry in shop.entries("u")[1:]]
        assert cards == [{"quantity": 1, "rate_card": number} for number in (1, 1, 2)]
        listed = [(card.rate_card, card.base) for card in shop.list_rate_cards("page")]
        assert listed == [(2, Decimal(5)), (1, Decimal(2))]
        assert [c.rate_card for c in shop.list_rate_cards("page", limit=1)] == [2]
        assert [c.rate_card for c in shop.list_rate_cards("page", before=2)] == [1]

    def test_of_two_cards_for_one_instant_the_newer_one_counts(
        self, shop: Credits, clock: Clock
    ) -> None:
        shop.set_rate_card("page", 5, valid_from=NOW + DAY)
        shop.set_rate_card("page", 6, valid_from=NOW + DAY)
        shop.set_rate_card("page", 3)
        assert shop.quote_feature("u", "page").credits == 3
        clock.set(NOW + DAY)
        assert shop.quote_feature("u", "page").credits == 6

    def test_the_same_card_again_is_no_new_version(self, shop: Credits, clock: Clock) -> None:
        first = shop.list_rate_cards("image")
        again: dict[str, Any] = {"modifiers": MODES, "defaults": {"mode": "fast"}}
        assert shop.set_rate_card("image", Decimal("1.50"), **again) == first[0]
        later = shop.set_rate_card("image", 2, valid_from=NOW + DAY, **again)
        assert shop.set_rate_card("image", 2, valid_from=NOW + DAY, **again) == later
        clock.set(NOW + 2 * DAY)
        assert shop.set_rate_card("image", 2, **again) == later
        assert [card.rate_card for card in shop.list_rate_cards("image")] == [2, 1]

    @pytest.mark.parametrize(
        ("argument", "value"),
        [
            *illegal("p_feature", null=None),
            *illegal(
                "p_base",
                null=None,
                negative=Decimal("-0.1"),
                nan=Decimal("nan"),
                infinite=Decimal("inf"),
                too_fine=Decimal("0.0000000001"),
                too_large=Decimal(LIMIT) + Decimal("0.1"),
            ),
            *illegal("p_charge", other="x"),
            *illegal("p_rounding", other="half"),
            *illegal("p_minimum", negative=-1, too_large=LIMIT + 1),
            *illegal("p_maximum", negative=-1, too_large=LIMIT + 1),
            *illegal("p_modifiers", array=[], many={str(n): {"a": 1} for n in range(17)}),
            *illegal("p_modifiers", long={"m": {str(n): 1 for n in range(2000)}}),
            *illegal("p_modifiers.m", empty={"m": {}}, number={"m": 1}),
            *illegal("p_modifiers." + "x" * 64, long={"x" * 64: {"a": 1}}),
            *illegal(
                "p_modifiers.m.o",
                negative={"m": {"o": -1}},
                text={"m": {"o": "1"}},
                null={"m": {"o": None}},
                too_large={"m": {"o": 1_000_001}},
                too_fine={"m": {"o": 0.0000000001}},
            ),
            *illegal("p_defaults", array=[]),
            *illegal("p_defaults.m", unknown={"m": "o"}),
            *illegal("p_valid_from", past=NOW - MICROSECOND),
        ],
    )
    def test_a_card_that_cannot_be(self, shop: Credits, argument: str, value: Any) -> None:
        given = {"p_feature": "page", "p_base": 1, argument.partition(".")[0]: value}
        with refused(shop, InvalidArgument, argument=argument):
            shop.call("set_rate_card", **given)

    def test_a_default_has_to_be_an_option(self, shop: Credits) -> None:
        with refused(shop, InvalidArgument, argument="p_defaults.mode"):
            shop.set_rate_card("page", 1, modifiers=MODES, defaults={"mode": "slow"})

    def test_a_maximum_below_the_minimum(self, shop: Credits) -> None:
        with refused(shop, InvalidArgument, argument="p_maximum"):
            shop.set_rate_card("page", 1, minimum=3, maximum=2)

    @pytest.mark.parametrize("name", [None, "", "x" * 64, "a b", "a:b", "ä", "subscription"])
    def test_a_name_that_cannot_be(self, fast: Credits, name: str | None) -> None:
        with refused(fast, InvalidArgument, argument="p_feature"):
            fast.call("define_feature", p_feature=name)

    def test_a_feature_is_defined_once_and_changed_in_parts(self, fast: Credits) -> None:
        first = fast.define_feature("page", description="Pages")
        assert (first.unit, first.is_active, first.rate_card, first.base) == (
            "use",
            True,
            None,
            None,
        )
        fast.set_rate_card("page", 2)
        again = fast.define_feature("page", unit="page", is_active=False)
        assert (again.description, again.unit, again.is_active) == ("Pages", "page", False)
        assert (again.rate_card, again.base, again.rounding) == (1, Decimal(2), "up")

    def test_the_list(self, shop: Credits) -> None:
        shop.define_feature("page", is_active=False)
        shop.define_feature("video")
        names = ["help", "image", "page", "report", "video"]
        assert [feature.feature for feature in shop.list_features()] == names
        active = shop.list_features(active_only=True, limit=3, after="help")
        assert [(f.feature, f.rate_card) for f in active] == [
            ("image", 1),
            ("report", 1),
            ("video", None),
        ]
        assert active[0].modifiers == MODES


class TestHolds:
    def test_the_captured_quantity_is_priced_by_the_card_of_the_hold(self, shop: Credits) -> None:
        held = shop.hold_feature("u", "image", 10, modifiers={"size": "l"}, reference="job")
        assert (held.kind, held.amount, held.balance) == ("hold", -45, 55)
        shop.set_rate_card("image", 100, modifiers=MODES, defaults={"mode": "fast"})
        shop.define_feature("image", is_active=False)
        captured = shop.capture_feature("u", held.entry_id, 4, idempotency_key="k")
        assert (captured.kind, captured.amount, captured.balance) == ("capture", -18, 82)
        with replayed(shop, captured) as answers:
            answers.append(shop.capture_feature("u", held.entry_id, 4, idempotency_key="k"))
        with refused(shop, IdempotencyConflict):
            shop.capture_feature("u", held.entry_id, 5, idempotency_key="k")
        with refused(shop, IdempotencyConflict):
            shop.capture_hold("u", held.entry_id, 18, idempotency_key="k")
        entry = shop.entries("u")[-1]
        assert entry.request is not None
        assert (entry.feature, entry.request["quantity"]) == ("image", 4)

    def test_in_parts_and_above_the_hold(self, shop: Credits) -> None:
        held = shop.hold_feature("u", "page", 5).entry_id
        assert shop.capture_feature("u", held, 3, final=False).amount == -6
        assert shop.capture_feature("u", held, 4).amount == -8
        assert shop.balance("u") == 86

    def test_what_exceeds_hold_and_account_is_refused_or_left_out(self, shop: Credits) -> None:
        held = shop.hold_feature("u", "page", 40).entry_id
        with refused(shop, InsufficientCredits, required=22, available=20):
            shop.capture_feature("u", held, 51)
        assert shop.capture_feature("u", held, 51, if_short="partial").amount == -80

    def test_the_hold_of_another_kind_has_no_price(self, shop: Credits) -> None:
        held = shop.hold_credits("u", 5, feature="page").entry_id
        with refused(shop, InvalidArgument, argument="p_hold_id"):
            shop.capture_feature("u", held, 1)

    def test_what_costs_nothing_can_neither_be_held_nor_captured(self, shop: Credits) -> None:
        with refused(shop, InvalidArgument, argument="p_quantity"):
            shop.hold_feature("u", "help")
        shop.set_rate_card("page", Decimal("0.5"), rounding="down")
        held = shop.hold_feature("u", "page", 9).entry_id
        with refused(shop, InvalidArgument, argument="p_quantity"):
            shop.capture_feature("u", held, 1)
        assert shop.capture_feature("u", held, 2).amount == -1

    def test_past_the_deadline(self, shop: Credits, clock: Clock) -> None:
        held = shop.hold_feature("u", "page", 40, expires_in=HOUR).entry_id
        clock.set(NOW + HOUR)
        with refused(shop, HoldExpired):
            shop.capture_feature("u", held, 1)

    def test_a_use_takes_what_a_hold_gives_back_at_its_deadline(
        self, shop: Credits, clock: Clock
    ) -> None:
        shop.hold_feature("u", "page", 50, expires_in=HOUR)
        assert not shop.check_feature("u", "page").is_allowed
        clock.set(NOW + HOUR)
        assert shop.use_feature("u", "page", 50).balance == 0


class TestRefunds:
    def test_a_use_is_given_back_like_a_spend(self, shop: Credits) -> None:
        used = shop.use_feature("u", "page", 5, reference="job")
        assert shop.refund_spend("u", spend_key="ref:page:job", amount=4).balance == 94
        assert shop.refund_spend("u", entry_id=used.entry_id).balance == 100
        with refused(shop, RefundExceedsSpend, refundable=0):
            shop.refund_spend("u", entry_id=used.entry_id)

    def test_what_cost_nothing_has_nothing_to_give_back(self, shop: Credits) -> None:
        used = shop.use_feature("u", "help")
        with refused(shop, RefundExceedsSpend, refundable=0):
            shop.refund_spend("u", entry_id=used.entry_id)


def test_a_use_across_lots(shop: Credits) -> None:
    shop.grant_credits("u", 5, expires_at=NOW + DAY)
    used = shop.use_feature("u", "report", reference="r")
    assert used.allocations == [[2, -5], [1, -5]]
    with replayed(shop, used) as answers:
        answers.append(shop.use_feature("u", "report", reference="r"))


def test_a_use_books_what_has_expired(shop: Credits, clock: Clock) -> None:
    shop.grant_credits("u", 5, expires_at=NOW + DAY)
    clock.set(NOW + DAY)
    used = shop.use_feature("u", "page")
    assert (used.entry_id, used.command_id, used.allocations) == (4, 4, [[1, -2]])
    assert shop.booked("u")[2:] == [("expire", -5), ("spend", -2)]
