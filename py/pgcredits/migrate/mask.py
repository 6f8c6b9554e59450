"""Keeping passwords out of what is printed."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

_SECRET = ("password", "sslpassword", "oauth_client_secret")
_AFTER_PASSWORD = re.compile(r"(\w*password\w*).*", re.IGNORECASE | re.DOTALL)


def message(text: str, parameters: Mapping[str, Any]) -> str:
    """Hide the secrets among connection parameters, should a message repeat them."""
    for key in _SECRET:
        if secret := parameters.get(key):
            text = text.replace(str(secret), "***")
    return text


def query(text: str) -> str:
    """Hide all that follows the word password in somebody's query."""
    return _AFTER_PASSWORD.sub(r"\1 ***", text)
