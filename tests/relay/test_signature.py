"""Who may deliver: signatures, secrets, ages."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stripe import SignatureVerificationError, WebhookSignature

from pgcredits.demo.events import body, sign
from pgcredits.relay import RelayConfig
from pgcredits.relay.delivery import RefusedError, read_delivery
from tests.relay.support import NOW, OTHER_SECRET, SECRET, URL, Relay, config, pack

PACK = body(pack())


def v1(secret: str, timestamp: int = NOW) -> str:
    """Return only the signature of a header, without its name."""
    return sign(PACK, secret, timestamp).partition("v1=")[2]


def test_ours_may_be_the_second_of_two_signatures() -> None:
    relay = Relay(secrets=(SECRET,))
    answer = relay.deliver(PACK, f"t={NOW},v1={v1('whsec_unknown')},v1={v1(SECRET)}")
    assert answer.status_code == 200
    assert relay.ingest.received == [PACK]


def test_signatures_of_another_scheme_do_not_count() -> None:
    relay = Relay()
    answer = relay.deliver(PACK, f"t={NOW},v0={v1(SECRET)},v0={v1(SECRET)},v0={v1(OTHER_SECRET)}")
    assert (answer.status_code, answer.json()["reason"]) == (400, "bad_signature")
    assert relay.ingest.received == []


@pytest.mark.parametrize("secret", [SECRET, OTHER_SECRET])
def test_any_configured_secret_will_do(secret: str) -> None:
    relay = Relay()
    assert relay.deliver(PACK, sign(PACK, secret, NOW)).status_code == 200


def test_a_secret_that_is_not_configured_will_not() -> None:
    relay = Relay()
    answer = relay.deliver(PACK, sign(PACK, "whsec_third", NOW))
    assert (answer.status_code, answer.json()["reason"]) == (400, "bad_signature")
    assert relay.ingest.received == []


@pytest.mark.parametrize(
    ("age", "status"), [(0, 200), (299, 200), (300, 200), (301, 400), (-300, 200), (-301, 400)]
)
def test_a_signature_is_good_for_five_minutes_in_both_directions(age: int, status: int) -> None:
    relay = Relay()
    answer = relay.deliver(PACK, sign(PACK, SECRET, NOW - age))
    assert answer.status_code == status
    assert len(relay.ingest.received) == (status == 200)
    if status == 400:
        assert answer.json()["reason"] == "stale_signature"


@pytest.mark.parametrize(
    ("header", "reason"),
    [
        (None, "no_signature"),
        ("", "no_signature"),
        (f"v1={v1(SECRET)}", "bad_signature"),
        (f"t=,v1={v1(SECRET)}", "bad_signature"),
        (f"t={NOW}", "bad_signature"),
        (f"t={NOW},v1=", "bad_signature"),
        (f"t={NOW},v1=é".encode(), "bad_signature"),
        (b"t=\xff,v1=\xfe", "bad_signature"),
        ("t", "bad_signature"),
        (",,,", "bad_signature"),
        (f"t={'9' * 5000},v1={v1(SECRET)}", "bad_signature"),
    ],
)
def test_a_malformed_header_is_a_refusal(header: str | bytes | None, reason: str) -> None:
    relay = Relay()
    answer = relay.deliver(PACK, header)
    assert (answer.status_code, answer.json()["reason"]) == (400, reason)
    assert relay.ingest.received == []


@given(payload=st.text(), header=st.text(), secret=st.sampled_from([SECRET, "whsec_other"]))
def test_what_the_sdk_refuses_is_refused(payload: str, header: str, secret: str) -> None:
    """The SDK is the judge: no text with a header that it does not verify gets through."""
    try:
        WebhookSignature.verify_header(payload, header, secret)
    except (SignatureVerificationError, TypeError, ValueError):
        raw = payload.encode("utf-8", "surrogatepass")
        with pytest.raises(RefusedError):
            read_delivery(raw, header, config(secrets=(secret,)), now=NOW)


@given(raw=st.binary())
def test_no_bytes_can_do_more_than_be_refused(raw: bytes) -> None:
    text = raw.decode("utf-8", "replace")
    with pytest.raises(RefusedError):
        read_delivery(raw, sign(text, SECRET, NOW), config(), now=NOW)


def test_white_space_around_secrets_is_not_part_of_them() -> None:
    relay = Relay(secrets=(f" {SECRET}\n", f"{OTHER_SECRET} , {SECRET},,"))
    assert relay.deliver(PACK, sign(PACK, OTHER_SECRET, NOW)).status_code == 200
    assert relay.deliver(PACK, sign(PACK, SECRET, NOW)).status_code == 200


@pytest.mark.parametrize("secrets", [(), ("",), (" \n", ",")])
def test_there_is_no_relay_without_a_secret(secrets: tuple[str, ...]) -> None:
    with pytest.raises(ValueError, match="no signing secret"):
        RelayConfig(database_url=URL, secrets=secrets)


def test_the_configuration_does_not_show_its_secrets() -> None:
    assert SECRET not in repr(config())
    assert "hidden-password" not in repr(config())
