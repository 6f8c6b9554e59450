"""Commands with an idempotency key, whichever of them they are."""

from __future__ import annotations

import inspect
from functools import partial
from typing import TYPE_CHECKING, Any, cast

from pgcredits import rpc
from tests.concurrency.writers import WRITERS

if TYPE_CHECKING:
    from pgcredits.rpc import Receipt
    from tests.client import Credits


class _Keyed:
    """A session that gives its key to every function that takes one."""

    def __init__(self, session: Credits, key: str) -> None:
        self._session = session
        self._key = key

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._session, name)
        takes_key = "idempotency_key" in inspect.signature(getattr(rpc, name)).parameters
        return partial(method, idempotency_key=self._key) if takes_key else method


def command(session: Credits, writer: str, account: str, key: str) -> Receipt:
    """Make the command of this name with ``key``, unless it has a key of its own."""
    return cast("Receipt", WRITERS[writer](cast("Credits", _Keyed(session, key)), account))
