"""What the relay answers, and that the database gets exactly what was received."""

from __future__ import annotations

import json
import logging
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from psycopg_pool import PoolTimeout

from pgcredits.demo.events import body, sign
from pgcredits.errors import InternalError, InvalidArgument
from pgcredits.logs import JsonLines
from pgcredits.rpc import StripeOutcome
from tests.relay.support import NOW, SECRET, Relay, StandIn, pack

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

PACK = body(pack())


@pytest.mark.parametrize("outcome", ["applied", "duplicate", "ignored", "parked", "failed"])
def test_whatever_is_stored_is_answered_with_200(outcome: str) -> None:
    relay = Relay(StandIn(StripeOutcome("evt_1", "kind", outcome, "because", None)))
    answer = relay.deliver_signed(PACK)
    assert answer.status_code == 200
    assert answer.json() == {
        "outcome": outcome,
        "event": pack()["id"],
        "type": "checkout.session.completed",
        "reason": "because",
    }


@pytest.mark.parametrize(
    "text",
    [
        PACK,
        json.dumps(pack(), separators=(",", ":")),
        json.dumps(pack(), indent=7, sort_keys=True) + "\n\n",
        json.dumps({**pack(), "note": "\u0000 \ud800 \u2028 ünï"}),
        body({**pack(), "note": "ünï 🙂"}),
    ],
    ids=["as Stripe", "compact", "spaced", "escapes", "UTF-8"],
)
def test_the_database_gets_the_received_text(text: str) -> None:
    relay = Relay()
    assert relay.deliver_signed(text).status_code == 200
    assert relay.ingest.received == [text]


def test_one_more_space_breaks_the_signature() -> None:
    relay = Relay()
    answer = relay.deliver(PACK + " ", sign(PACK, SECRET, NOW))
    assert (answer.status_code, answer.json()["reason"]) == (400, "bad_signature")
    assert relay.ingest.received == []


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "not_json"),
        ("{", "not_json"),
        ("\ufeff{}", "not_json"),
        ('{"a": NaN}', "not_json"),
        ('{"a": "\n"}', "not_json"),
        ("[" * 200_000, "not_json"),
        ('{"a":' * 100_000 + "1" + "}" * 100_000, "not_json"),
        ('{"a": ' + "1" * 5000 + "}", "not_json"),
        ("[]", "not_an_event"),
        ("7", "not_an_event"),
        ("null", "not_an_event"),
        ("{}", "not_an_event"),
        ('{"object": "event", "id": 7, "type": "x", "livemode": true}', "not_an_event"),
        ('{"object": "event", "id": "", "type": "x", "livemode": true}', "not_an_event"),
        ('{"object": "event", "id": "evt_1", "livemode": true}', "not_an_event"),
        ('{"object": "event", "id": "evt_1", "type": "x"}', "wrong_mode"),
        ('{"object": "event", "id": "evt_1", "type": "x", "livemode": 1}', "wrong_mode"),
    ],
)
def test_a_signed_body_that_is_no_event_is_refused(text: str, reason: str) -> None:
    relay = Relay()
    answer = relay.deliver_signed(text)
    assert (answer.status_code, answer.json()["reason"]) == (400, reason)
    assert relay.ingest.received == []


def test_a_body_that_is_not_utf8_is_refused() -> None:
    relay = Relay()
    answer = relay.deliver(b'{"a": "\xff"}', sign("{}", SECRET, NOW))
    assert (answer.status_code, answer.json()["reason"]) == (400, "not_utf8")


def test_a_thin_event_is_refused_with_a_reason() -> None:
    thin = {
        "id": "evt_thin",
        "object": "v2.core.event",
        "type": "v1.invoice.paid",
        "livemode": True,
        "related_object": {"id": "in_1", "type": "invoice", "url": "/v1/invoices/in_1"},
    }
    relay = Relay()
    answer = relay.deliver_signed(json.dumps(thin))
    assert (answer.status_code, answer.json()["reason"]) == (400, "thin_event")
    assert "snapshot" in answer.json()["explanation"]
    assert relay.ingest.received == []


@pytest.mark.parametrize(
    ("mode", "livemode", "status"),
    [("live", True, 200), ("live", False, 400), ("test", False, 200), ("test", True, 400)],
)
def test_only_events_of_the_configured_mode_are_taken(
    mode: str, livemode: bool, status: int
) -> None:
    relay = Relay(mode=mode)
    answer = relay.deliver_signed(body(pack(livemode=livemode)))
    assert answer.status_code == status
    assert len(relay.ingest.received) == (status == 200)
    if status == 400:
        assert answer.json()["reason"] == "wrong_mode"


def test_a_body_of_the_limit_is_taken_and_one_byte_more_is_not() -> None:
    room = 1024 * 1024 - len(PACK)
    relay = Relay()
    assert relay.deliver_signed(PACK + " " * room).status_code == 200
    answer = relay.deliver_signed(PACK + " " * (room + 1))
    assert (answer.status_code, answer.json()["reason"]) == (413, "too_large")
    assert len(relay.ingest.received) == 1


def test_an_endless_body_without_a_length_is_cut_off() -> None:
    sent = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal sent
        while True:
            sent += 65536
            yield b" " * 65536

    relay = Relay()
    answer = relay.deliver(endless(), sign(PACK, SECRET, NOW))
    assert answer.status_code == 413
    assert sent <= 1024 * 1024 + 2 * 65536


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (psycopg.OperationalError("connection refused"), "database_unavailable"),
        (psycopg.errors.AdminShutdown("terminating"), "database_unavailable"),
        (PoolTimeout("no connection"), "no_connection"),
        (psycopg.errors.QueryCanceled("statement timeout"), "timeout"),
        (psycopg.errors.LockNotAvailable("lock timeout"), "timeout"),
        (psycopg.errors.SerializationFailure("try again"), "conflict"),
        (psycopg.errors.DeadlockDetected("deadlock"), "conflict"),
        (psycopg.errors.UndefinedFunction("no function"), "schema_missing"),
        (psycopg.errors.InsufficientPrivilege("denied"), "permission_denied"),
        (InternalError(), "database_error"),
    ],
)
def test_what_is_not_stored_is_to_be_sent_again(error: Exception, reason: str) -> None:
    answer = Relay(StandIn(error)).deliver_signed(PACK)
    assert (answer.status_code, answer.json()["outcome"]) == (503, "retry")
    assert answer.json()["reason"] == reason


def test_an_event_that_the_database_refuses_is_a_bad_request() -> None:
    answer = Relay(StandIn(InvalidArgument(values={"argument": "p_payload"}))).deliver_signed(PACK)
    assert (answer.status_code, answer.json()["reason"]) == (400, "invalid_argument")
    assert "p_payload" in answer.json()["explanation"]


def test_a_defect_is_a_500_that_tells_nothing() -> None:
    answer = Relay(StandIn(RuntimeError("of the inside"))).deliver_signed(PACK)
    assert answer.status_code == 500
    assert answer.json() == {"outcome": "retry", "reason": "internal_error"}


def test_other_paths_and_methods() -> None:
    relay = Relay()
    assert relay.request("GET", "/healthz").json() == {"status": "ok"}
    assert relay.request("GET", "/webhooks/stripe").status_code == 405
    assert relay.request("POST", "/webhooks/stripe/").status_code == 404
    assert relay.request("GET", "/").status_code == 404


def lines_of(caplog: pytest.LogCaptureFixture) -> list[dict[str, Any]]:
    return [json.loads(JsonLines().format(record)) for record in caplog.records]


def test_a_delivery_is_one_line_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "pgcredits.relay")
    Relay().deliver_signed(PACK)
    (line,) = lines_of(caplog)
    assert line["event"] == pack()["id"]
    assert (line["status"], line["outcome"], line["level"]) == (200, "applied", "info")
    assert line["ms"] >= 0


def test_the_log_holds_no_body_and_no_secret(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    error = psycopg.errors.DataError("invalid input")
    for relay in (Relay(), Relay(StandIn(error)), Relay(StandIn(RuntimeError(PACK)))):
        relay.deliver_signed(PACK)
        relay.deliver(PACK, sign(PACK, "whsec_unknown", NOW))
    log = "\n".join(JsonLines().format(record) for record in caplog.records)
    assert log.count("delivery") == 6
    for hidden in (SECRET, "buyer@example.com", "hidden-password", "pi_pack", "v1="):
        assert hidden not in log
    assert all("\n" not in JsonLines().format(record) for record in caplog.records)


def test_a_traceback_in_the_log_shows_places_but_no_text() -> None:
    try:
        raise RuntimeError(PACK)
    except RuntimeError as exc:
        record = logging.LogRecord(
            "x", logging.ERROR, __file__, 1, "failed", None, (type(exc), exc, exc.__traceback__)
        )
    line = json.loads(JsonLines().format(record))
    assert line["exception"] == "RuntimeError"
    assert any("test_answers.py" in place for place in line["trace"])
    assert "buyer@example.com" not in json.dumps(line)
