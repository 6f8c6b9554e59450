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

    What is not named takes the default of the function; None is sent as an explicit NULL. A batch
    has ``operations``, each with an account and a key of its own.
    """

    function: str
    arguments: Mapping[str, Any]

    @property
    def account(self) -> str | None:
        """The one account that the call is about, None for the sweep and for a batch."""
        return self.arguments.get("account_id")

    @property
    def accounts(self) -> list[str]:
        """Every account that the call names."""
        names = ("account_id", "to_account_id", "into_account_id")
        named = self.operations if "operations" in self.arguments else [self.arguments]
        ids = [one.get(name) for one in named for name in names]
        return [account_id for account_id in ids if isinstance(account_id, str)]

    @property
    def operations(self) -> list[dict[str, Any]]:
        """The operations of a batch, as far as they are objects."""
        given = self.arguments.get("operations")
        listed = given if isinstance(given, list) else []
        return [operation for operation in listed if isinstance(operation, dict)]

    @property
    def key(self) -> str | None:
        """The idempotency key of the call, if it has one."""
        return self.arguments.get("idempotency_key")

    def but(self, **changed: Any) -> Call:
        """The same call with other values for some of its arguments; for the first of a batch."""
        if "operations" in self.arguments:
            first, *rest = self.arguments["operations"]
            return Call(self.function, {**self.arguments, "operations": [first | changed, *rest]})
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
