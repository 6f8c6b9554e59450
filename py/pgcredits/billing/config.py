"""Settings of the billing endpoints, read from a TOML file; secrets come from elsewhere."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass, field
from decimal import ROUND_CEILING, Decimal, InvalidOperation
from typing import Any
from urllib.parse import urlsplit

_FIELDS = {"redirects", "origins", "audience", "jwks_url", "account_claim", "per_minute", "custom"}
_LOCAL = {"localhost", "127.0.0.1", "::1"}
_MOST_CREDITS = 10**12


@dataclass(frozen=True, slots=True)
class Tier:
    """Up to so many credits (None: any number) each one costs so much of the smallest unit."""

    up_to: int | None
    unit: Decimal


@dataclass(frozen=True, slots=True)
class Custom:
    """Amounts that the customer chooses: all credits of a purchase cost what its tier says."""

    currency: str
    least: int
    most: int
    tiers: tuple[Tier, ...]

    def money(self, credits: int) -> int:
        """Return what so many credits cost, in the smallest unit, rounded up.

        Raises `ValueError` when they are fewer or more than may be bought.
        """
        if not self.least <= credits <= self.most:
            raise ValueError(f"credits must be a whole number from {self.least} to {self.most}")
        unit = next(t.unit for t in self.tiers if t.up_to is None or credits <= t.up_to)
        return int((unit * credits).to_integral_value(ROUND_CEILING))


@dataclass(frozen=True, slots=True)
class BillingConfig:
    """Everything the endpoints have to know. ``jwt_secret`` is a secret, or a JWK or JWKS as JSON.

    ``redirects`` are origins, with a path where only what is below it is meant. ``per_minute``
    bounds the calls of one account in one process.
    """

    redirects: tuple[str, ...]
    origins: tuple[str, ...] = ()
    audience: str | None = None
    account_claim: str = "sub"
    per_minute: int = 20
    custom: Custom | None = None
    jwks_url: str | None = None
    jwt_secret: str | None = field(default=None, repr=False)

    def allows(self, url: object) -> bool:
        """Tell whether a customer may be sent there."""
        if not isinstance(url, str) or len(url) > 2000 or re.search(r"[\s\\]", url):
            return False
        try:
            found = urlsplit(url)
            if found.username is not None or found.password is not None or not found.hostname:
                return False
            return any(_is_below(found, urlsplit(one)) for one in self.redirects)
        except ValueError:
            return False


def _is_below(found: Any, allowed: Any) -> bool:
    if (found.scheme, found.netloc.lower()) != (allowed.scheme, allowed.netloc.lower()):
        return False
    path = allowed.path.rstrip("/")
    inside = found.path == path or found.path.startswith(path + "/")
    # A path that climbs could leave the one that is allowed.
    return not path or (inside and not re.search(r"(^|/)(\.|%2e){2}(/|$)", found.path, re.I))


def read_config(text: str, jwt_secret: str | None) -> BillingConfig:
    """Read the file. Raises `ValueError`, which names the field and what is allowed."""
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as exc:
        raise ValueError(f"not TOML: {exc}") from None
    if unknown := set(document) - _FIELDS:
        raise ValueError(f"unknown field {min(unknown)!r}; there are {', '.join(sorted(_FIELDS))}")
    redirects = _addresses(document, "redirects")
    if not redirects:
        raise ValueError("redirects must name at least one address that customers return to")
    origins = _addresses(document, "origins")
    if any(urlsplit(origin).path for origin in origins):
        raise ValueError("origins must be like https://app.example.com, without a path")
    jwks_url = document.get("jwks_url")
    if jwks_url is not None and not _is_address(jwks_url):
        raise ValueError("jwks_url must be an https address")
    if jwks_url is None and not jwt_secret:
        raise ValueError("tokens cannot be verified: set PGCREDITS_JWT_SECRET, or jwks_url")
    claim = document.get("account_claim", "sub")
    if not isinstance(claim, str) or re.match(r"user_metadata(\.|$)", claim) or not claim:
        raise ValueError("account_claim must be a claim that users cannot edit themselves")
    audience = document.get("audience")
    if audience is not None and not isinstance(audience, str):
        raise ValueError("audience must be a text")
    per_minute = document.get("per_minute", 20)
    if not _is_whole(per_minute, 1, 10_000):
        raise ValueError("per_minute must be a whole number from 1 to 10000")
    custom = document.get("custom")
    return BillingConfig(
        redirects=redirects,
        origins=origins,
        audience=audience,
        account_claim=claim,
        per_minute=per_minute,
        custom=None if custom is None else _custom(custom),
        jwks_url=jwks_url,
        jwt_secret=jwt_secret or None,
    )


def _addresses(document: dict[str, Any], name: str) -> tuple[str, ...]:
    found = document.get(name, [])
    if not isinstance(found, list) or not all(_is_address(one) for one in found):
        raise ValueError(f"{name} must be a list of https addresses (http only for localhost)")
    return tuple(found)


def _is_address(value: object) -> bool:
    if not isinstance(value, str):
        return False
    found = urlsplit(value)
    local = found.scheme == "http" and found.hostname in _LOCAL
    plain = not (found.query or found.fragment or "@" in found.netloc or "*" in value)
    return bool(found.netloc) and plain and (found.scheme == "https" or local)


def _is_whole(value: object, least: int, most: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and least <= value <= most


def _custom(table: object) -> Custom:
    if not isinstance(table, dict) or set(table) != {"currency", "least", "most", "tiers"}:
        raise ValueError("custom must have currency, least, most and tiers")
    if not isinstance(table["currency"], str) or not re.fullmatch("[a-z]{3}", table["currency"]):
        raise ValueError("custom.currency must be ISO 4217, lower case")
    if not _is_whole(table["least"], 1, _MOST_CREDITS):
        raise ValueError(f"custom.least must be a whole number from 1 to {_MOST_CREDITS}")
    if not _is_whole(table["most"], table["least"], _MOST_CREDITS):
        raise ValueError(f"custom.most must be a whole number from least to {_MOST_CREDITS}")
    tiers = table["tiers"]
    if not isinstance(tiers, list) or not tiers:
        raise ValueError("custom.tiers must be a list of tables with unit, and up_to but the last")
    return Custom(
        table["currency"], table["least"], table["most"], tuple(_tiers(tiers, table["most"]))
    )


def _tiers(tables: list[Any], most: int) -> list[Tier]:
    tiers: list[Tier] = []
    below = 0
    for number, table in enumerate(tables, start=1):
        where = f"tier {number} of custom"
        if not isinstance(table, dict) or not {"unit"} <= set(table) <= {"unit", "up_to"}:
            raise ValueError(f"{where} must have unit and up_to")
        up_to = table.get("up_to")
        if (up_to is None) != (number == len(tables)):
            raise ValueError(f"{where}: all tiers but the last have up_to")
        if up_to is not None and not _is_whole(up_to, below + 1, most):
            raise ValueError(f"{where}: up_to must be a whole number above that of the tier before")
        try:
            unit = Decimal(table["unit"]) if isinstance(table["unit"], str) else Decimal(-1)
        except InvalidOperation:
            unit = Decimal(-1)
        if not (unit.is_finite() and 0 < unit <= 10**6):
            raise ValueError(f"{where}: unit must be a text such as '0.5', above 0")
        tiers.append(Tier(up_to, unit))
        below = up_to or 0
    return tiers
