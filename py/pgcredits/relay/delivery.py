"""From received bytes to an event that may be handed on."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NoReturn

from stripe import SignatureVerificationError, WebhookSignature

if TYPE_CHECKING:
    from pgcredits.relay.config import RelayConfig


@dataclass(frozen=True, slots=True)
class Delivery:
    """A verified snapshot event: the text exactly as it was received, and its two labels."""

    text: str
    event_id: str
    event_type: str


class RefusedError(Exception):
    """A delivery that must not be stored; the arguments are a code and a sentence about it."""

    def __init__(self, reason: str, explanation: str) -> None:
        super().__init__(explanation)
        self.reason = reason
        self.explanation = explanation


def read_delivery(
    body: bytes, signature: str | None, config: RelayConfig, *, now: float
) -> Delivery:
    """Verify the signature, its age and the mode; ``now`` is in seconds since 1970.

    Raises `RefusedError`, whatever the bytes are.
    """
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError:
        raise RefusedError("not_utf8", "the body is not UTF-8") from None
    _verify(text, signature, config, now)
    event = _parse(text)
    if event.get("object") == "v2.core.event":
        raise RefusedError(
            "thin_event",
            "this is a thin event without data; register the endpoint for snapshot payloads",
        )
    event_id, event_type = event.get("id"), event.get("type")
    if (
        event.get("object") != "event"
        or not (isinstance(event_id, str) and event_id)
        or not (isinstance(event_type, str) and event_type)
    ):
        raise RefusedError("not_an_event", "the body is not a Stripe event")
    if event.get("livemode") is not config.livemode:
        raise RefusedError("wrong_mode", f"this endpoint takes {config.mode} mode events only")
    return Delivery(text, event_id, event_type)


def _verify(text: str, signature: str | None, config: RelayConfig, now: float) -> None:
    """Accept when any secret fits and the signature is neither too old nor from the future."""
    if not signature:
        raise RefusedError("no_signature", "the Stripe-Signature header is missing or empty")
    if not any(_signed_with(text, signature, secret) for secret in config.secrets):
        raise RefusedError("bad_signature", "no signature fits a configured secret")
    if abs(now - _timestamp(signature)) > config.signature_tolerance:
        raise RefusedError(
            "stale_signature",
            f"the signature's time is more than {config.signature_tolerance} s away from now",
        )


def _signed_with(text: str, signature: str, secret: str) -> bool:
    try:
        # No tolerance here: the SDK would only look at the past.
        WebhookSignature.verify_header(text, signature, secret, tolerance=None)
    except SignatureVerificationError:
        return False
    except (TypeError, ValueError, AttributeError):
        # A signature with characters outside ASCII cannot be compared.
        return False
    return True


def _timestamp(signature: str) -> int:
    """Return the signed time, read as the SDK reads it; the header has been verified before."""
    items = (item.split("=", 2) for item in signature.split(","))
    return next(int(item[1]) for item in items if item[0] == "t")


def _parse(text: str) -> dict[str, Any]:
    try:
        event = json.loads(text, parse_constant=_refuse_constant)
    except (ValueError, RecursionError):
        raise RefusedError("not_json", "the body is not JSON, or nested too deeply") from None
    if not isinstance(event, dict):
        raise RefusedError("not_an_event", "the body is not a JSON object")
    return event


def _refuse_constant(name: str) -> NoReturn:
    """NaN and Infinity are no JSON, although Python reads them."""
    raise ValueError(name)
