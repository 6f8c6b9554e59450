"""A call of the API as a value: it can be made on the database, on the model, and once more."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.client import Credits


@dataclass(frozen=True, slots=True)
class Call:
    """``function`` of the schema ``credits`` with these arguments, named as in SQL without ``p_``.

    What is not named takes the default of the function; None is sent as an explicit NULL.
    """

    function: str
    arguments: Mapping[str, Any]

    @property
    def account(self) -> str | None:
        """The account that the call is about, None for the sweep."""
        return self.arguments.get("account_id")

    @property
    def accounts(self) -> list[str]:
        """Every account that the call names."""
        names = ("account_id", "to_account_id", "into_account_id")
        return [self.arguments[name] for name in names if self.arguments.get(name) is not None]

    @property
    def key(self) -> str | None:
        """The idempotency key of the call, if it has one."""
        return self.arguments.get("idempotency_key")

    def but(self, **changed: Any) -> Call:
        """The same call with other values for some of its arguments."""
        return Call(self.function, {**self.arguments, **changed})

    def on(self, credits: Credits) -> Any:
        """Make the call; return its row or raise its refusal."""
        named = {f"p_{name}": value for name, value in self.arguments.items()}
        return credits.call(self.function, **named)

    def __str__(self) -> str:
        named = (f"{name}={value!r}" for name, value in self.arguments.items())
        return f"{self.function}({', '.join(named)})"


def call(function: str, account_id: str, **arguments: Any) -> Call:
    """A call about one account."""
    return Call(function, {"account_id": account_id, **arguments})
