"""What arguments are legal. Each function refuses with ``invalid_argument`` or returns nothing."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import available_timezones

from tests.model.state import MOST, POOLS, Refusal

_ZONES = available_timezones()
_FROM = datetime(1970, 1, 1, tzinfo=UTC)
_AMOUNT = f"whole number from 1 to {MOST}"
_NUMBER = f"whole number from 0 to {MOST}"
_MONEY = "whole number of the smallest currency unit, 0 or more"
_OPERATION = "account_id, amount, feature, member, reference, idempotency_key, metadata"
_FIELDS = (
    "amount, pool, expires_at, subscription, item, period_start, period_end, rollover_cap, cost, "
    "plan, grant_every"
)


def legal(argument: str, is_legal: bool | None, allowed: str) -> None:
    if not is_legal:
        raise Refusal("invalid_argument", argument=argument, allowed=allowed)


def account_id(value: str | None) -> None:
    name("p_account_id", value)


def other_account(argument: str, value: str | None, account_id: str) -> None:
    """The id of a second account, which is not the first one."""
    name(argument, value)
    if value == account_id:
        raise Refusal("same_account", argument=argument, account_id=account_id)


def name(argument: str, value: str | None, most: int = 255) -> None:
    """A text that has to be given."""
    legal(argument, value is not None and 1 <= len(value) <= most, f"1 to {most} characters")


def text(argument: str, value: str | None, most: int = 255) -> None:
    """A text that may be left out."""
    is_legal = value is None or 1 <= len(value) <= most
    legal(argument, is_legal, f"null or 1 to {most} characters")


def amount(argument: str, value: int | None) -> None:
    legal(argument, value is not None and 1 <= value <= MOST, _AMOUNT)


def pool(argument: str, value: str) -> None:
    known = sorted(POOLS, key=lambda pool: POOLS[pool].priority)
    legal(argument, value in POOLS, "one of " + ", ".join(known))


def instant(argument: str, value: datetime | None) -> None:
    legal(argument, value is None or value >= _FROM, "an instant in the years 1970 to 8999")


def given_instant(argument: str, value: datetime | None) -> None:
    legal(argument, value is not None, "an instant in the years 1970 to 8999")
    instant(argument, value)


def rollover_cap(argument: str, value: int | None) -> None:
    is_legal = value is None or 0 <= value <= MOST
    legal(argument, is_legal, f"null for no cap, or {_NUMBER}")


def months_and_days(every: timedelta | str | None) -> tuple[int, int] | None:
    """An interval of the few forms that are used here; None where it is not of whole days."""
    if isinstance(every, timedelta):
        return None if every % timedelta(days=1) else (0, every.days)
    found = re.fullmatch(r"(\d+) (month|day)s?", every or "")
    if found is None:
        return None
    return (int(found[1]), 0) if found[2] == "month" else (0, int(found[1]))


def grant_every(
    argument: str, every: timedelta | str | None, start: datetime | None, end: datetime | None
) -> tuple[int, int] | None:
    """The interval between grants, in months and days; at most a thousand fit into the period."""
    found = months_and_days(every)
    is_legal = every is None
    if found is not None and start is not None and end is not None:
        months, days = found
        least = 28 * months + days
        is_legal = least > 0 and days >= 0 and (end - start) <= 1000 * timedelta(days=least)
    legal(
        argument,
        is_legal,
        "null or whole days and months, at least one day and a thousandth of the period",
    )
    return found


def money(paid: int | None, currency: str | None) -> None:
    legal(
        "p_amount_paid",
        paid is None or 0 <= paid <= MOST,
        f"null or whole number of the smallest currency unit from 0 to {MOST}",
    )
    legal(
        "p_currency",
        (currency is None) == (paid is None)
        and (currency is None or re.fullmatch("[a-z]{3}", currency) is not None),
        "ISO 4217 code in lower case; given together with p_amount_paid",
    )


def money_given(argument: str, value: int | None) -> None:
    legal(argument, value is not None, _MONEY)


def money_back(argument: str, value: int | None) -> None:
    legal(argument, value is None or 0 <= value <= MOST, f"null or {_MONEY}")


def time_zone(argument: str, value: str) -> None:
    legal(
        argument,
        value in _ZONES,
        "IANA time zone by region and city, such as Europe/Berlin, or UTC",
    )


def hold_time(value: timedelta | None) -> None:
    is_legal = value is None or timedelta() < value <= timedelta(hours=24)
    legal("p_expires_in", is_legal, "an interval above 0, at most 24 hours")


def tail(reference: str | None, key: str | None, metadata: Any) -> None:
    text("p_reference", reference)
    text("p_idempotency_key", key)
    legal(
        "p_idempotency_key",
        key is None or not key.startswith(("stripe:", "ref:", "pgcredits:")),
        "a key that does not begin with stripe:, ref: or pgcredits:",
    )
    legal(
        "p_metadata",
        metadata is None or (isinstance(metadata, dict) and len(json.dumps(metadata)) <= 16384),
        "null or a JSON object of at most 16384 bytes",
    )


def grants(value: Any) -> None:
    """``p_grants`` of record_payment."""
    is_array = isinstance(value, list) and 1 <= len(value) <= 100
    legal("p_grants", is_array, "array of 1 to 100 objects")
    seen: dict[tuple[Any, ...], bool] = {}
    for index, grant in enumerate(value):
        path = f"p_grants[{index}]"
        _grant(path, grant)
        period = (grant.get("subscription"), grant.get("item") or "", grant.get("period_start"))
        schedule = grant.get("grant_every") is not None
        if period[2] is not None:
            legal(path, period not in seen, "an item of a subscription once for a period")
            legal(
                path,
                not any(
                    known[:2] == period[:2] and (schedule or has_schedule)
                    for known, has_schedule in seen.items()
                ),
                "an item of a subscription once, when its credits come in several grants",
            )
            seen[period] = schedule


def _grant(path: str, grant: dict[str, Any]) -> None:
    legal(path, isinstance(grant, dict), "object")
    for field in grant.keys() - set(_FIELDS.split(", ")):
        legal(f"{path}.{field}", False, _FIELDS)
    for field in ("amount", "rollover_cap", "cost"):
        number = grant.get(field)
        legal(f"{path}.{field}", number is None or 0 <= number <= MOST, _NUMBER)
        if field == "amount":
            amount(f"{path}.amount", number)
    pool(f"{path}.pool", grant.get("pool") or "purchased")
    subscription = grant.get("subscription")
    start, end = grant.get("period_start"), grant.get("period_end")
    legal(
        f"{path}.subscription",
        subscription is not None or (grant.get("item"), start, end) == (None, None, None),
        "id of the subscription when there is an item or a period",
    )
    legal(
        f"{path}.period_end",
        subscription is None or (end is not None and (start is None or end > start)),
        "an instant after period_start, when there is a subscription",
    )
    legal(
        f"{path}.period_start",
        grant.get("item") is None or start is not None,
        "an instant, when there is an item",
    )
    plan = grant.get("plan")
    legal(f"{path}.plan", plan is None or 1 <= len(plan) <= 127, "string of 1 to 127 characters")
    legal(
        f"{path}.plan",
        plan is None or start is not None,
        "null without a period of a subscription",
    )
    every = grant.get("grant_every")
    legal(
        f"{path}.grant_every",
        every is None
        or (
            start is not None
            and grant.get("pool") in {None, "subscription"}
            and grant.get("expires_at") is None
        ),
        "null without a period of a subscription, with another pool or with expires_at",
    )
    grant_every(f"{path}.grant_every", every, start, end)


def operations(value: Any) -> None:
    """``p_operations`` of deduct_credits_batch."""
    is_array = isinstance(value, list) and 1 <= len(value) <= 1000
    legal("p_operations", is_array, "array of 1 to 1000 objects")
    for index, operation in enumerate(value):
        _spend(f"p_operations[{index}]", operation)
    first: dict[tuple[str, str], int] = {}
    for index, operation in enumerate(value):
        key = (operation["account_id"], operation["idempotency_key"])
        legal(
            f"p_operations[{index}].idempotency_key",
            first.setdefault(key, index) == index,
            f"a key that the account has not in p_operations[{first[key]}] already",
        )


def _spend(path: str, operation: Any) -> None:
    legal(path, isinstance(operation, dict), "object")
    for field in operation.keys() - set(_OPERATION.split(", ")):
        legal(f"{path}.{field}", False, _OPERATION)
    for field in ("account_id", "feature", "member", "reference", "idempotency_key"):
        given = operation.get(field)
        is_text = isinstance(given, str) and 1 <= len(given) <= 255
        is_needed = field in {"account_id", "idempotency_key"}
        legal(
            f"{path}.{field}",
            is_text or (given is None and not is_needed),
            "string of 1 to 255 characters",
        )
        if field == "account_id":
            amount(f"{path}.amount", operation.get("amount", 1))
    legal(
        f"{path}.idempotency_key",
        not operation["idempotency_key"].startswith(("stripe:", "ref:", "pgcredits:")),
        "a key that does not begin with stripe:, ref: or pgcredits:",
    )
    metadata = operation.get("metadata")
    legal(
        f"{path}.metadata",
        metadata is None or (isinstance(metadata, dict) and len(json.dumps(metadata)) <= 16384),
        "null or a JSON object of at most 16384 bytes",
    )
