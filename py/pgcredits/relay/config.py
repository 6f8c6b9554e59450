"""Settings of the relay."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Iterable

Mode = Literal["live", "test"]


@dataclass(frozen=True, slots=True)
class RelayConfig:
    """Everything the relay has to know. Times are in seconds.

    Raises `ValueError` when there is no usable signing secret.
    """

    database_url: str = field(repr=False)
    secrets: tuple[str, ...] = field(repr=False)
    mode: Mode = "live"
    max_body_bytes: int = 1024 * 1024
    signature_tolerance: int = 300
    pool_size: int = 10
    # Stripe gives up on slow endpoints: the three together stay within five seconds.
    pool_timeout: float = 1.5
    statement_timeout: float = 3.0
    lock_timeout: float = 2.0

    def __post_init__(self) -> None:
        object.__setattr__(self, "secrets", clean_secrets(self.secrets))
        if not self.secrets:
            raise ValueError("no signing secret")
        if not all(secret.isascii() and secret.isprintable() for secret in self.secrets):
            raise ValueError("a signing secret holds characters that no signing secret has")

    @property
    def livemode(self) -> bool:
        """The ``livemode`` that an event must have."""
        return self.mode == "live"


def clean_secrets(given: Iterable[str]) -> tuple[str, ...]:
    """Split at commas, strip white space (files end in newlines), drop blanks and repetitions."""
    parts = (part.strip() for text in given for part in text.split(","))
    return tuple(dict.fromkeys(part for part in parts if part))
