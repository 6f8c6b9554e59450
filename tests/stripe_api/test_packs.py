"""`pgcredits stripe create-packs`: products and prices out of a file, as often as one likes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from pgcredits.stripe_api import StripeTrouble, packs
from tests.stripe_api.support import run

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pgcredits.stripe_api import StripeApi
    from tests.stripe_api.fake import FakeStripe

EXAMPLE = Path(__file__).parents[2] / "examples" / "packs.toml"
TEXT = """
[[pack]]
key = "small"
name = "100 credits"
credits = 100
amount = 500
currency = "usd"
"""


def apply(api: StripeApi, text: str = TEXT) -> list[tuple[str, str]]:
    steps = packs.plan(api, packs.read(text))
    return [(step.action, price) for step, price in packs.apply(api, steps)]


def live(stripe: FakeStripe) -> list[tuple[str | None, int, str]]:
    """Lookup key, money and credits of the prices that are on sale."""
    return [
        (price.get("lookup_key"), price["unit_amount"], price["metadata"]["credits"])
        for price in stripe.objects["", "prices"].values()
        if price["active"]
    ]


def test_the_example_sells_five_packs() -> None:
    found = packs.read(EXAMPLE.read_text("utf-8"))
    assert [pack.credits for pack in found] == [100, 500, 1000, 5000, 10000]


def test_a_pack_is_created_once(stripe: FakeStripe, api: StripeApi) -> None:
    assert apply(api) == [("create", "price_new1")]
    (price,) = stripe.objects["", "prices"].values()
    assert (price["lookup_key"], price["currency"], price["unit_amount"]) == ("small", "usd", 500)
    assert price["metadata"] == {"credits": "100", "pgcredits_pack": "small"}
    written = len([seen for seen in stripe.requests if seen.method == "POST"])
    assert apply(api) == [("keep", "price_new1")]
    assert len([seen for seen in stripe.requests if seen.method == "POST"]) == written


def test_other_money_makes_a_new_price_which_takes_the_key_over(
    stripe: FakeStripe, api: StripeApi
) -> None:
    apply(api)
    assert apply(api, TEXT.replace("500", "600")) == [("replace", "price_new2")]
    assert live(stripe) == [("small", 600, "100")]
    assert apply(api, TEXT.replace("500", "600")) == [("keep", "price_new2")]
    assert len(stripe.objects["", "products"]) == 1


@pytest.mark.parametrize(
    ("old", "new"),
    [("credits = 100", "credits = 120"), ('"100 credits"', '"Hundred"')],
)
def test_other_credits_or_another_name_change_it_in_place(
    stripe: FakeStripe, api: StripeApi, old: str, new: str
) -> None:
    apply(api)
    assert apply(api, TEXT.replace(old, new)) == [("change", "price_new1")]
    assert apply(api, TEXT.replace(old, new)) == [("keep", "price_new1")]
    assert apply(api) == [("change", "price_new1")]
    assert apply(api) == [("keep", "price_new1")]


def test_what_was_archived_is_sold_again(stripe: FakeStripe, api: StripeApi) -> None:
    apply(api)
    stripe.objects["", "prices"]["price_new1"]["active"] = False
    assert apply(api) == [("change", "price_new1")]
    assert live(stripe) == [("small", 500, "100")]


def test_an_interrupted_run_goes_on(stripe: FakeStripe, api: StripeApi) -> None:
    text = TEXT + TEXT.replace("small", "large")
    steps = packs.apply(api, packs.plan(api, packs.read(text)))
    assert next(steps)[1] == "price_new1"
    stripe.fail("/v1/prices", 401)
    with pytest.raises(StripeTrouble):
        next(steps)
    assert apply(api, text) == [("keep", "price_new1"), ("create", "price_new2")]


def test_an_interrupted_replacement_is_finished(stripe: FakeStripe, api: StripeApi) -> None:
    apply(api)
    dearer = TEXT.replace("500", "600")
    stripe.fail("/v1/prices/price_new1", 401)
    with pytest.raises(StripeTrouble):
        apply(api, dearer)
    assert len(live(stripe)) == 2
    assert apply(api, dearer) == [("change", "price_new2")]
    assert live(stripe) == [("small", 600, "100")]


def test_a_creation_whose_answer_was_lost_is_not_made_twice(
    stripe: FakeStripe, api: StripeApi
) -> None:
    steps = packs.plan(api, packs.read(TEXT))
    assert [price for _, price in packs.apply(api, steps)] == ["price_new1"]
    assert [price for _, price in packs.apply(api, steps)] == ["price_new1"]
    assert len(live(stripe)) == 1


def wrong(line: str, instead: str) -> str:
    return TEXT.replace(line, instead)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "no [[pack]]"),
        ("pack = 1", "no [[pack]]"),
        ("[[pack", "not TOML"),
        ("colour = 1\n" + TEXT, "unknown field 'colour'"),
        (TEXT + "colour = 1", "unknown field 'colour'"),
        (TEXT + TEXT, "two packs have the key 'small'"),
        (wrong('"small"', '"sm all"'), "pack 1: key"),
        (wrong('key = "small"', ""), "pack 1: key"),
        (wrong('"100 credits"', '""'), "pack 1 (small): name"),
        (wrong("credits = 100", "credits = 0"), "credits must be a whole number"),
        (wrong("credits = 100", "credits = 1.5"), "credits must be a whole number"),
        (wrong("credits = 100", "credits = true"), "credits must be a whole number"),
        (wrong("credits = 100", f"credits = {2**53}"), "credits must be a whole number"),
        (wrong("amount = 500", "amount = -1"), "amount must be a whole number"),
        (wrong('"usd"', '"USD"'), "currency must be"),
        (wrong('currency = "usd"', ""), "currency must be"),
        (TEXT + "metadata = { a = 1 }", "metadata must be texts"),
        (TEXT + 'metadata = { credits = "5" }', "must not have 'credits'"),
    ],
)
def test_a_mistake_in_the_file_is_named(
    stripe: FakeStripe, tmp_path: Path, text: str, said: str
) -> None:
    (tmp_path / "packs.toml").write_text(text)
    done = run(stripe, "create-packs", f"{tmp_path}/packs.toml")
    assert done.exit_code == 2
    assert said in " ".join(done.stderr.split())
    assert stripe.requests == []


class TestCommand:
    def go(self, stripe: FakeStripe, *options: str) -> Sequence[str]:
        done = run(stripe, "create-packs", str(EXAMPLE), *options)
        assert done.exit_code == 0, done.stderr
        lines: list[str] = done.stdout.splitlines()
        return lines

    def test_the_plan_changes_nothing(self, stripe: FakeStripe) -> None:
        lines = self.go(stripe, "--plan")
        assert lines[0] == "create credits_100: 100 credits for 500 usd"
        assert len(lines) == 5
        assert [seen for seen in stripe.requests if seen.method == "POST"] == []

    def test_it_creates_and_then_keeps(self, stripe: FakeStripe) -> None:
        self.go(stripe)
        shown = [json.loads(line) for line in self.go(stripe, "--json")]
        assert [(one["stage"], one["action"]) for one in shown] == [("done", "keep")] * 5
        assert shown[0]["price"] == "price_new1"
        assert len(live(stripe)) == 5

    def test_trouble_at_stripe_is_told(self, stripe: FakeStripe) -> None:
        stripe.fail("/v1/prices", 403, message="'rak_price_write'")
        done = run(stripe, "create-packs", str(EXAMPLE))
        assert done.exit_code == 1
        assert "rak_price_write" in done.stderr

    def test_a_file_that_is_not_there(self, stripe: FakeStripe) -> None:
        assert run(stripe, "create-packs", "/nowhere/packs.toml").exit_code == 2
