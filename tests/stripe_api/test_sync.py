"""`pgcredits stripe sync`: the catalogue of Stripe is mirrored."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.stripe_api.support import run

if TYPE_CHECKING:
    from pathlib import Path

    from tests.client import Credits
    from tests.stripe_api.fake import FakeStripe


@pytest.fixture
def stocked(stripe: FakeStripe) -> FakeStripe:
    """Seven prices of three products, one of each archived, in pages of two."""
    stripe.page = 2
    stripe.add("products", *({"id": f"prod_{n}", "active": n > 0} for n in range(3)))
    stripe.add(
        "prices",
        *(
            {"id": f"price_{n}", "active": n > 0, "product": "prod_0", "metadata": {"credits": "5"}}
            for n in range(7)
        ),
    )
    return stripe


def mirrored(credits: Credits) -> list[tuple[str, str]]:
    return credits.conn.execute(
        "select p.provider_account, p.price from credits_private.stripe_prices p"
        " where not p.is_assumed and not p.livemode order by 1, 2"
    ).fetchall()


def test_all_pages_and_archived_ones(stocked: FakeStripe, credits: Credits, dsn: str) -> None:
    done = run(stocked, "sync", dsn=dsn)
    assert (done.exit_code, done.stdout) == (
        0,
        "3 products and 7 prices read, 10 of them news, 0 refused\n",
    )
    assert mirrored(credits) == [("", f"price_{n}") for n in range(7)]
    assert all("active" not in call for call in stocked.calls("GET", "/v1/prices"))
    done = run(stocked, "sync", "--json", dsn=dsn, role="credits_admin")
    assert json.loads(done.stdout) == {
        "account": "",
        "products": 3,
        "prices": 7,
        "changed": 0,
        "refused": 0,
        "problem": None,
    }
    newest, first = credits.list_stripe_runs()
    assert (first.kind, first.counts["changed"], newest.counts["changed"]) == ("sync", 10, 0)


def test_one_account_that_fails_does_not_stop_the_rest(
    stocked: FakeStripe, credits: Credits, dsn: str
) -> None:
    stocked.fail("/v1/products", 403, message="needs 'rak_product_read'")
    stocked.add("products", {"id": "prod_9"}, account="acct_1")
    stocked.add("prices", {"id": "price_9", "product": "prod_9"}, account="acct_1")
    done = run(stocked, "sync", "--account", "acct_1", dsn=dsn)
    assert done.exit_code == 1
    assert "acct_1: 1 products and 1 prices read" in done.stdout
    assert "rak_product_read" in done.stderr
    assert mirrored(credits) == [("acct_1", "price_9")]
    problems = {run.provider_account: run.problem for run in credits.list_stripe_runs()}
    assert problems["acct_1"] is None
    assert "rak_product_read" in (problems[""] or "")


def test_one_object_that_is_refused_does_not_stop_the_rest(
    stocked: FakeStripe, credits: Credits, dsn: str
) -> None:
    stocked.objects["", "prices"]["price_3"]["created"] = "?"
    done = run(stocked, "sync", dsn=dsn)
    assert done.exit_code == 1
    assert "9 of them news, 1 refused" in done.stdout
    assert "price_3: invalid argument" in done.stderr
    assert len(mirrored(credits)) == 6


def test_a_failure_in_the_middle_is_told_with_how_far_it_came(
    stocked: FakeStripe, credits: Credits, dsn: str
) -> None:
    stocked.fail("/v1/prices", 400, message="odd")
    done = run(stocked, "sync", dsn=dsn)
    assert done.exit_code == 1
    assert "3 products and 0 prices read" in done.stdout
    assert credits.list_stripe_runs()[0].counts["products"] == 3


@pytest.mark.parametrize("key", ["", "  ", "pk_test_x"])
def test_without_a_key_nothing_starts(stripe: FakeStripe, key: str, dsn: str) -> None:
    done = run(stripe, "sync", dsn=dsn, key=key)
    assert done.exit_code == 2
    assert "key" in done.stderr
    assert stripe.requests == []


def test_a_wrong_key_is_told_in_one_line(stripe: FakeStripe, dsn: str) -> None:
    done = run(stripe, "sync", dsn=dsn, key="sk_test_other")
    assert done.exit_code == 1
    assert "does not accept the API key" in done.stderr


def test_a_key_from_a_file(stocked: FakeStripe, dsn: str, tmp_path: Path) -> None:
    (tmp_path / "key").write_text("sk_test_fake\n")
    assert run(stocked, "sync", "--key-file", f"{tmp_path}/key", dsn=dsn, key="").exit_code == 0
    done = run(stocked, "sync", "--key-file", f"{tmp_path}/none", dsn=dsn, key="")
    assert done.exit_code == 2
    assert "cannot read" in done.stderr
