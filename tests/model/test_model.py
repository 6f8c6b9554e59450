"""The database does what the model says, step by step, in every random sequence tried.

`make test` tries 200 examples of 30 steps, `make nightly` 2,000 of 50. A failure prints the seed,
the shortest sequence found, what both sides answered on the way, and a blob for
``@reproduce_failure``. MODEL_SEED repeats a run. What a search has found becomes a test of its own
in `test_corners`.
"""

from __future__ import annotations

import os
import secrets
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, seed, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.model.machine import Search
from tests.model.model import COMMANDS
from tests.model.steps import steps
from tests.model.wrong import WRONG

if TYPE_CHECKING:
    import psycopg

SHORTFALLS = ["debt", "write_off"]
NIGHTLY = settings.get_current_profile_name() == "nightly"
EXAMPLES, STEPS = (2000, 50) if NIGHTLY else (200, 30)
NOT_DRIVEN = {
    "ingest_stripe_event": "reads JSON of Stripe; what it books goes through the same steps",
    "add_stripe_line_items": "applies what ingest_stripe_event has stored",
    "link_payment": "gives a payment another name, under which ingest_stripe_event finds it",
    "link_customer": "applies what ingest_stripe_event has stored",
    "claim_payment": "applies what ingest_stripe_event has stored",
    "retry_stripe_event": "applies what ingest_stripe_event has stored",
    "dismiss_stripe_event": "marks an event and moves no credits",
    "purge_stripe_events": "marks events and moves no credits",
    "seal_due": "changes no account; a step of the search calls it, and verify walks the chains",
    "mirror_stripe_object": "writes a row of configuration and no credits",
    "record_stripe_run": "writes a report and no credits",
    "set_stripe_price": "writes a row of configuration and no credits",
}


@pytest.mark.slow
@pytest.mark.timeout(4 * 3600 if NIGHTLY else 900)
@pytest.mark.parametrize("shortfall", SHORTFALLS)
def test_every_sequence_does_what_the_model_says(
    utc: psycopg.Connection[Any], shortfall: str
) -> None:
    number = int(os.environ.get("MODEL_SEED") or secrets.randbits(32))
    print(f"MODEL_SEED={number}")

    @seed(number)
    def search() -> Search:
        return Search(utc, shortfall)

    run_state_machine_as_test(
        search,  # type: ignore[arg-type] # any callable will do
        settings=settings(
            max_examples=EXAMPLES // len(SHORTFALLS),
            stateful_step_count=STEPS,
            database=None,
            suppress_health_check=list(HealthCheck),
        ),
    )


def test_every_writer_is_driven(utc: psycopg.Connection[Any]) -> None:
    rows = utc.execute(
        "select p.proname from pg_proc p"
        " where p.pronamespace = 'credits'::regnamespace and p.provolatile = 'v'"
    ).fetchall()
    writers = {name for (name,) in rows}
    assert writers == COMMANDS.keys() | NOT_DRIVEN.keys()
    assert COMMANDS.keys() <= steps()
    of_no_account = {"expire_due", "grant_due", "define_feature", "set_rate_card"}
    assert {wrong.function for wrong in WRONG} == COMMANDS.keys() - of_no_account
