"""Calls that are refused for an argument, whatever the state of the account."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from tests.model.call import Call
from tests.model.state import MOST

_DAY = datetime(2040, 1, 1, tzinfo=UTC)
_LATER = datetime(2040, 2, 1, tzinfo=UTC)
_LAST = datetime(2040, 3, 1, tzinfo=UTC)
_ANCIENT = datetime(1969, 12, 31, 23, 59, 59, 999999, tzinfo=UTC)

_LEGAL: dict[str, dict[str, Any]] = {
    "open_account": {},
    "grant_credits": {"amount": 1},
    "add_purchased_credits": {"amount": 1, "reference": "pay-9"},
    "add_subscription_credits": {"amount": 1, "period_end": _DAY, "reference": "sub-9"},
    "renew_subscription": {
        "subscription": "basic",
        "amount": 1,
        "period_start": _DAY,
        "period_end": _LATER,
    },
    "record_payment": {
        "payment": "pay-9",
        "amount_paid": 1,
        "currency": "eur",
        "grants": [{"amount": 1}],
    },
    "start_trial": {"subscription": "basic", "amount": 1, "trial_end": _DAY},
    "change_subscription": {"subscription": "basic", "amount": 1},
    "cancel_subscription": {"subscription": "basic"},
    "set_subscription_status": {"subscription": "basic", "status": "active"},
    "clawback_credits": {"payment": "pay-9"},
    "deduct_credit": {},
    "refund_spend": {"entry_id": 1},
    "hold_credits": {"amount": 1},
    "capture_hold": {"hold_id": 1},
    "release_hold": {"hold_id": 1},
    "extend_hold": {"hold_id": 1},
    "use_feature": {"feature": "page"},
    "hold_feature": {"feature": "page"},
    "capture_feature": {"hold_id": 1, "quantity": 1},
    "set_member_cap": {"member": "mia", "period": "day", "cap": 1},
    "freeze_account": {"reason": "fraud"},
    "unfreeze_account": {"reason": "cleared"},
    "close_account": {"reason": "left"},
    "adjust_balance": {"reason": "goodwill", "person": "eve", "difference": 1},
    "transfer_credits": {"to_account_id": "dan", "amount": 1, "idempotency_key": "key-9"},
    "merge_accounts": {"into_account_id": "dan"},
    "erase_metadata": {"reason": "request"},
    "repair_account": {"reason": "stray update", "person": "eve"},
    "expire_subscription_credits": {},
}

_ANYWHERE: list[dict[str, Any]] = [
    {"account_id": ""},
    {"account_id": None},
    {"account_id": "a" * 256},
    {"reference": ""},
    {"reference": "r" * 256},
    {"idempotency_key": ""},
    {"idempotency_key": "k" * 256},
    {"idempotency_key": "ref:mine"},
    {"idempotency_key": "stripe:evt"},
    {"idempotency_key": "pgcredits:x"},
    {"metadata": {"text": "x" * 16384}},
]

_HOLD_IDS: list[dict[str, Any]] = [{"hold_id": None}, {"hold_id": 0}, {"hold_id": -1}]

_HOLD_TIMES: list[dict[str, Any]] = [
    {"expires_in": timedelta()},
    {"expires_in": timedelta(microseconds=-1)},
    {"expires_in": timedelta(days=1, microseconds=1)},
]

_REASONS: list[dict[str, Any]] = [{"reason": None}, {"reason": ""}, {"reason": "r" * 256}]

_PERSONS: list[dict[str, Any]] = [{"person": None}, {"person": ""}, {"person": "p" * 256}]
_NO_ACCOUNTS: list[str | None] = [None, "", "a" * 256]

_AMOUNTS: list[dict[str, Any]] = [{"amount": amount} for amount in (0, -1, MOST + 1)]

_USES: list[dict[str, Any]] = [
    {"feature": ""},
    {"feature": "f" * 256},
    {"member": ""},
    {"member": "m" * 256},
]

_QUANTITIES: list[dict[str, Any]] = [{"quantity": number} for number in (None, 0, -1, MOST + 1)]

_FEATURES: list[dict[str, Any]] = [
    *_QUANTITIES,
    {"feature": None},
    {"member": ""},
    {"member": "m" * 256},
]

_SUBSCRIPTIONS: list[dict[str, Any]] = [
    {"subscription": None},
    {"subscription": ""},
    {"subscription": "s" * 128},
]

_SCHEDULES: list[dict[str, Any]] = [
    {"grant_every": timedelta()},
    {"grant_every": timedelta(days=-1)},
    {"grant_every": timedelta(hours=36)},
]

_PERIOD = {"subscription": "basic", "period_start": _DAY, "period_end": _LATER}

_PERIODS: list[dict[str, Any]] = [
    {"subscription": "basic", "period_start": _DAY},
    {"subscription": "basic", "period_start": _DAY, "period_end": _DAY},
    {"subscription": "basic", "item": "seat", "period_end": _DAY},
    {"period_end": _DAY},
    {"item": "seat"},
    {"amount": None},
    {"pool": "gold"},
    {"cost": -1},
    {"rollover_cap": MOST + 1},
    {"color": "red"},
    {"plan": "pro"},
    {"plan": ""} | _PERIOD,
    {"grant_every": "1 month"},
    {"grant_every": "0 days"} | _PERIOD,
    {"grant_every": "1 day", "pool": "promotional"} | _PERIOD,
    {"grant_every": "1 day", "expires_at": _LATER} | _PERIOD,
]

_WRONG: dict[str, list[dict[str, Any]]] = {
    "open_account": [{"kind": "robot"}, {"time_zone": "Mars/Base"}, {"time_zone": "CET-1"}],
    "grant_credits": [*_AMOUNTS, {"amount": None}, {"pool": "gold"}, {"expires_at": _ANCIENT}],
    "add_purchased_credits": [
        *_AMOUNTS,
        {"reference": None},
        {"amount_paid": 1},
        {"currency": "eur"},
        {"amount_paid": -1, "currency": "eur"},
        {"amount_paid": 1, "currency": "EUR"},
        {"expires_at": _ANCIENT},
    ],
    "add_subscription_credits": [
        *_AMOUNTS,
        {"period_end": None},
        {"period_end": _ANCIENT},
        {"subscription": ""},
        {"reference": None},
    ],
    "renew_subscription": [
        *_AMOUNTS,
        {"subscription": None},
        {"subscription": "s" * 128},
        {"period_start": None},
        {"period_start": _ANCIENT},
        {"period_end": None},
        {"period_end": _DAY},
        {"rollover_cap": -1},
        {"rollover_cap": MOST + 1},
        {"item": ""},
        {"plan": ""},
        *_SCHEDULES,
        {"payment": ""},
        {"amount_paid": 5, "currency": "eur"},
    ],
    "start_trial": [
        *_SUBSCRIPTIONS,
        *_AMOUNTS,
        {"trial_end": None},
        {"trial_end": _ANCIENT},
        {"item": ""},
        {"plan": ""},
        {"trial_key": ""},
    ],
    "change_subscription": [
        *_SUBSCRIPTIONS,
        {"amount": None},
        {"amount": -1},
        {"amount": MOST + 1},
        {"when": "later"},
        {"policy": "prorated"},
        {"policy": "full"},
        {"policy": "full", "plan": "pro", "when": "period_end"},
        {"item": ""},
        {"plan": ""},
        {"payment": ""},
        {"payment": "pay-9", "when": "period_end"},
        {"amount_paid": 5, "currency": "eur"},
    ],
    "cancel_subscription": [*_SUBSCRIPTIONS, {"when": "later"}],
    "set_subscription_status": [
        *_SUBSCRIPTIONS,
        {"status": None},
        {"status": "trialing"},
        {"status": "canceled"},
    ],
    "record_payment": [
        {"payment": None},
        {"amount_paid": None, "currency": None},
        {"currency": None},
        {"provider": ""},
        {"provider": "stripe"},
        {"amount_returned": -1},
        {"grants": []},
        {"grants": None},
        {"grants": [{"amount": 1}] * 101},
        *({"grants": [{"amount": 1}, {"amount": 1} | wrong]} for wrong in [*_AMOUNTS, *_PERIODS]),
        {
            "grants": [
                {"amount": 1, "subscription": "basic", "period_start": _DAY, "period_end": end}
                for end in (_LATER, datetime(2041, 1, 1, tzinfo=UTC))
            ]
        },
        {
            "grants": [
                {"amount": 1, "grant_every": "1 day"} | _PERIOD,
                {"amount": 1} | _PERIOD | {"period_start": _LATER, "period_end": _LAST},
            ]
        },
    ],
    "clawback_credits": [
        {"payment": None},
        {"payment": ""},
        {"target": 1, "amount_returned": 1},
        {"amount_returned": -1},
        {"provider": ""},
    ],
    "deduct_credit": [*_AMOUNTS, {"amount": None}, *_USES],
    "refund_spend": [
        *_AMOUNTS,
        {"entry_id": None},
        {"spend_key": "key-a"},
        {"if_expired": "never"},
    ],
    "hold_credits": [
        *_AMOUNTS,
        *_HOLD_TIMES,
        {"amount": None},
        *_USES,
    ],
    "capture_hold": [*_AMOUNTS, *_HOLD_IDS, {"if_short": "never"}],
    "use_feature": _FEATURES,
    "hold_feature": [*_FEATURES, *_HOLD_TIMES],
    "capture_feature": [*_QUANTITIES, *_HOLD_IDS, {"if_short": "never"}],
    "release_hold": _HOLD_IDS,
    "extend_hold": [*_HOLD_IDS, *_HOLD_TIMES],
    "set_member_cap": [
        {"member": None},
        {"member": ""},
        {"member": "m" * 256},
        {"period": None},
        {"period": "year"},
        {"cap": -1},
        {"cap": MOST + 1},
    ],
    "freeze_account": _REASONS,
    "unfreeze_account": _REASONS,
    "close_account": [*_REASONS, {"if_credits": "keep"}],
    "repair_account": [*_REASONS, *_PERSONS],
    "adjust_balance": [
        *_REASONS,
        *_PERSONS,
        {"difference": None},
        {"target": 1},
        {"difference": 0},
        {"difference": MOST + 1},
        {"difference": -MOST - 1},
        {"difference": None, "target": -1},
        {"difference": None, "target": MOST + 1},
        {"pool": "gold"},
        {"expires_at": _ANCIENT},
    ],
    "transfer_credits": [
        *_AMOUNTS,
        *({"to_account_id": other} for other in _NO_ACCOUNTS),
        {"amount": None},
        {"pool": "gold"},
        {"idempotency_key": None},
    ],
    "merge_accounts": [
        *({"into_account_id": other} for other in _NO_ACCOUNTS),
        {"if_holds": "keep"},
    ],
    "erase_metadata": _REASONS,
    "expire_subscription_credits": [{"subscription": ""}, {"subscription": "s" * 128}],
}

_SPEND: dict[str, Any] = {"account_id": "ann", "idempotency_key": "never"}

_SPENDS: list[Any] = [
    "spend",
    *({**_SPEND, **wrong} for wrong in [*_ANYWHERE, *_AMOUNTS]),
    {**_SPEND, "amount": None},
    {**_SPEND, "color": "red"},
    {**_SPEND, "feature": 7},
    {**_SPEND, "member": ""},
    {"account_id": "ann"},
    {"idempotency_key": "never"},
]

_BATCHES: list[Any] = [
    None,
    [],
    [_SPEND] * 1001,
    [_SPEND, {**_SPEND, "idempotency_key": "other"}, {**_SPEND, "amount": 2}],
    *([{**_SPEND, "idempotency_key": "first"}, wrong, "worse"] for wrong in _SPENDS),
]

WRONG = [
    *(
        Call(function, {**_LEGAL[function], **wrong})
        for function, own in _WRONG.items()
        for wrong in [*own, *_ANYWHERE]
        if not (function == "erase_metadata" and "metadata" in wrong)
    ),
    *(Call("deduct_credits_batch", {"operations": operations}) for operations in _BATCHES),
]
