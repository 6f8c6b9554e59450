"""Packs of credits: products and prices that are created at Stripe from a file.

A pack is found again by the lookup key of its price, so a file can be applied again and again, and
after an interruption. Money is in the smallest unit of the currency.
"""

from __future__ import annotations

import hashlib
import re
import tomllib
import uuid
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from pgcredits.stripe_api.client import StripeApi

MOST_CREDITS = 2**53 - 1
# Key of the metadata by which prices of a pack are known that have lost its lookup key.
_MARK = "pgcredits_pack"
_FIELDS = {"key", "name", "credits", "amount", "currency", "metadata"}


@dataclass(frozen=True, slots=True)
class Pack:
    """What is sold: its lookup key, name, credits, money and further metadata of the price."""

    key: str
    name: str
    credits: int
    amount: int
    currency: str
    metadata: Mapping[str, str] = field(default_factory=dict)

    @property
    def price_metadata(self) -> dict[str, str]:
        """Metadata that the price gets: what it grants, what the file adds, and whose it is."""
        return {**self.metadata, "credits": str(self.credits), _MARK: self.key}


@dataclass(frozen=True, slots=True)
class Step:
    """What is to be done for a pack: nothing (``keep``), ``create``, ``change`` or ``replace``.

    Money of a price cannot change at Stripe: a pack with another amount or currency gets a new
    price, which takes the lookup key over. ``price`` and ``product`` are what there is,
    ``leftovers`` prices of the pack that are to be archived, ``because`` says what differs.
    """

    pack: Pack
    action: Literal["keep", "create", "change", "replace"]
    price: str | None = None
    product: str | None = None
    leftovers: tuple[str, ...] = ()
    because: str = ""


def read(text: str) -> list[Pack]:
    """Read the packs of a TOML file. Raises `ValueError`, which names pack and field."""
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as exc:
        raise ValueError(f"not TOML: {exc}") from None
    unknown = set(document) - {"currency", "pack"}
    if unknown:
        raise ValueError(f"unknown field {min(unknown)!r}; there are currency and [[pack]]")
    tables = document.get("pack", [])
    if not isinstance(tables, list) or not tables:
        raise ValueError("no [[pack]] in the file")
    packs = [_pack(n, t, document.get("currency")) for n, t in enumerate(tables, start=1)]
    keys = [pack.key for pack in packs]
    for key in keys:
        if keys.count(key) > 1:
            raise ValueError(f"two packs have the key {key!r}")
    return packs


def _pack(number: int, table: Any, currency: Any) -> Pack:
    where = f"pack {number}"
    if not isinstance(table, dict):
        raise ValueError(f"{where}: not a table; write [[pack]]")
    unknown = set(table) - _FIELDS
    if unknown:
        known = ", ".join(sorted(_FIELDS))
        raise ValueError(f"{where}: unknown field {min(unknown)!r}; there are {known}")
    key = _text(where, table, "key", r"[A-Za-z0-9_.-]{1,200}", "1 to 200 of A-Z a-z 0-9 _ . -")
    where = f"pack {number} ({key})"
    metadata = table.get("metadata", {})
    if not isinstance(metadata, dict) or not all(
        isinstance(v, str) and len(k) <= 40 and len(v) <= 500 for k, v in metadata.items()
    ):
        raise ValueError(f"{where}: metadata must be texts of at most 500 characters")
    if reserved := {"credits", _MARK} & set(metadata):
        raise ValueError(f"{where}: metadata must not have {min(reserved)!r}, which is set for it")
    return Pack(
        key=key,
        name=_text(where, table, "name", r"(?s).{1,250}", "1 to 250 characters"),
        credits=_number(where, table, "credits", MOST_CREDITS),
        amount=_number(where, table, "amount", 99_999_999_999),
        currency=_text(
            where, {"currency": currency, **table}, "currency", "[a-z]{3}", "ISO 4217, lower case"
        ),
        metadata=metadata,
    )


def _text(where: str, table: Mapping[str, Any], name: str, pattern: str, allowed: str) -> str:
    value = table.get(name)
    if not isinstance(value, str) or re.fullmatch(pattern, value) is None:
        raise ValueError(f"{where}: {name} must be {allowed}")
    return value


def _number(where: str, table: Mapping[str, Any], name: str, most: int) -> int:
    value = table.get(name)
    if not isinstance(value, int) or isinstance(value, bool) or not 1 <= value <= most:
        raise ValueError(f"{where}: {name} must be a whole number from 1 to {most}")
    return value


def plan(api: StripeApi, packs: Sequence[Pack]) -> list[Step]:
    """Compare the packs with Stripe, without changing anything. Raises `StripeTrouble`."""
    found = {}
    # Stripe takes ten lookup keys at a time.
    for start in range(0, len(packs), 10):
        keys = [pack.key for pack in packs[start : start + 10]]
        for price in api.all("/v1/prices", lookup_keys=keys):
            found[price["lookup_key"]] = price
    return [_step(api, pack, found.get(pack.key)) for pack in packs]


def _step(api: StripeApi, pack: Pack, price: Mapping[str, Any] | None) -> Step:
    if price is None:
        return Step(pack, "create")
    product = api.get(f"/v1/products/{price['product']}")
    metadata = price.get("metadata") or {}
    differs = {
        "amount": price.get("unit_amount") != pack.amount,
        "currency": price.get("currency") != pack.currency,
        "metadata": any(metadata.get(k) != v for k, v in pack.price_metadata.items()),
        "name": product.get("name") != pack.name,
        "active": not (price.get("active") and product.get("active")),
    }
    leftovers = tuple(
        other["id"]
        for other in api.all("/v1/prices", product=product["id"], active="true")
        if other["id"] != price["id"] and (other.get("metadata") or {}).get(_MARK) == pack.key
    )
    names = [name for name, is_other in differs.items() if is_other]
    because = f"other {', '.join(names)}" if names else "older prices" if leftovers else ""
    if differs["amount"] or differs["currency"]:
        leftovers = (*leftovers, price["id"])
        return Step(pack, "replace", price["id"], product["id"], leftovers, because)
    action: Literal["change", "keep"] = "change" if because else "keep"
    return Step(pack, action, price["id"], product["id"], leftovers, because)


def apply(api: StripeApi, steps: Sequence[Step]) -> Iterator[tuple[Step, str]]:
    """Do each step; yield it with the id of its price when it is done. Raises `StripeTrouble`.

    Stopped in the middle, the same file goes on where it was: what was created has its lookup key,
    and a creation whose answer was lost is repeated under the same idempotency key.
    """
    for step in steps:
        price = step.price or ""
        if step.action != "keep" and step.product is not None:
            product = f"/v1/products/{step.product}"
            api.post(product, _once(), name=step.pack.name, active="true")
        if step.action in {"create", "replace"}:
            price = _create(api, step)
        elif step.action == "change":
            metadata = step.pack.price_metadata
            api.post(f"/v1/prices/{price}", _once(), metadata=metadata, active="true")
        for other in step.leftovers:
            api.post(f"/v1/prices/{other}", _once(), active="false")
        yield step, price


def _create(api: StripeApi, step: Step) -> str:
    pack = step.pack
    what: dict[str, Any] = (
        {"product": step.product} if step.product else {"product_data": {"name": pack.name}}
    )
    wish = repr((pack, sorted(pack.metadata.items()), step.price))
    made = api.post(
        "/v1/prices",
        # The same for the same wish, so that a lost answer does not lead to two prices.
        f"pgcredits:pack:{hashlib.sha256(wish.encode()).hexdigest()[:40]}",
        currency=pack.currency,
        unit_amount=pack.amount,
        lookup_key=pack.key,
        transfer_lookup_key="true",
        metadata=pack.price_metadata,
        **what,
    )
    identifier: str = made["id"]
    return identifier


def _once() -> str:
    """Make a key for a change that may be made twice, and must be made again when it is wanted."""
    return f"pgcredits:{uuid.uuid4()}"
