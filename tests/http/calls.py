"""A call of every API function that succeeds, for the tests that make them all over HTTP."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

# ACCOUNT stands for the account of the test, also inside other values.
ACCOUNT = "{account}"
FUTURE = "2999-01-01T00:00:00Z"
SOON = "2998-12-01T00:00:00Z"
PAST = "2000-01-01T00:00:00Z"
_TAIL = {"p_reference": "ref-9", "p_idempotency_key": "key-9", "p_metadata": {"note": "nine"}}

Step = tuple[str, dict[str, Any]]
_GRANT: Step = ("grant_credits", {"p_account_id": ACCOUNT, "p_amount": 100})
_HOLD: Step = ("hold_credits", {"p_account_id": ACCOUNT, "p_amount": 40})
_SPEND: Step = ("deduct_credit", {"p_account_id": ACCOUNT, "p_amount": 30})
_TRIAL: Step = (
    "start_trial",
    {"p_account_id": ACCOUNT, "p_subscription": "sub-9", "p_amount": 5, "p_trial_end": FUTURE},
)
_PERIOD: Step = (
    "renew_subscription",
    {
        "p_account_id": ACCOUNT,
        "p_subscription": "sub-9",
        "p_amount": 5,
        "p_period_start": SOON,
        "p_period_end": FUTURE,
        "p_item": "item-9",
    },
)
_FEATURE: Step = ("define_feature", {"p_feature": "image"})
_PRICED: tuple[Step, ...] = (_FEATURE, ("set_rate_card", {"p_feature": "image", "p_base": 2}))
_HELD: Step = ("hold_feature", {"p_account_id": ACCOUNT, "p_feature": "image", "p_quantity": 3})
_FREEZE: Step = ("freeze_account", {"p_account_id": ACCOUNT, "p_reason": "fraud"})
_PACK: Step = (
    "add_purchased_credits",
    {
        "p_account_id": ACCOUNT,
        "p_amount": 50,
        "p_reference": "pack-1-" + ACCOUNT,
        "p_amount_paid": 500,
        "p_currency": "usd",
    },
)


@dataclass(frozen=True, slots=True)
class Sample:
    """What a function is called with: the required arguments, and the others.

    ``role`` may call it; ``before`` is what the account needs to have seen.
    """

    required: dict[str, Any] = field(default_factory=dict)
    others: dict[str, Any] = field(default_factory=dict)
    role: str = "service_role"
    before: tuple[Step, ...] = ()

    def arguments(self, which: str, account: str) -> dict[str, Any]:
        """Return ``all`` arguments, the ``required`` ones, or the others as ``nulls``."""
        chosen = dict(self.required)
        if which == "all":
            chosen |= self.others
        elif which == "nulls":
            chosen |= dict.fromkeys(self.others)
        return filled(chosen, account)


def filled(arguments: dict[str, Any], account: str) -> dict[str, Any]:
    """Put the account in."""
    made: dict[str, Any] = json.loads(json.dumps(arguments).replace(ACCOUNT, account))
    return made


_ON = {"p_account_id": ACCOUNT}
_READER = "credits_reader"
_ADMIN = "credits_admin"
_USER = "authenticated"

EVENT = {
    "id": "evt_" + ACCOUNT,
    "object": "event",
    "type": "customer.updated",
    "created": 1_900_000_000,
    "livemode": True,
    "api_version": "2025-09-30.clover",
    "data": {"object": {"id": "cus_1", "object": "customer"}},
}

# Money that went back for a purchase which nobody has told of yet: it waits.
_REFUND = EVENT | {
    "id": "evt_refund_" + ACCOUNT,
    "type": "charge.refunded",
    "data": {
        "object": {
            "id": "ch_" + ACCOUNT,
            "object": "charge",
            "amount": 500,
            "amount_captured": 500,
            "amount_refunded": 500,
            "currency": "usd",
            "payment_intent": "pi_" + ACCOUNT,
            "refunded": True,
        }
    },
}
# A purchase whose account nobody knows yet.
_PURCHASE = EVENT | {
    "id": "evt_paid_" + ACCOUNT,
    "type": "checkout.session.completed",
    "data": {
        "object": {
            "id": "cs_" + ACCOUNT,
            "object": "checkout.session",
            "mode": "payment",
            "payment_status": "paid",
            "amount_total": 500,
            "currency": "usd",
            "payment_intent": "pi_paid_" + ACCOUNT,
            "metadata": {"credits_frozen": "1", "credits": "50"},
        }
    },
}
_PAID: Step = ("ingest_stripe_event", {"p_payload": json.dumps(_PURCHASE), "p_livemode": True})
_PARKED: Step = ("ingest_stripe_event", {"p_payload": json.dumps(_REFUND), "p_livemode": True})

SAMPLES: dict[str, Sample] = {
    "open_account": Sample(_ON, {"p_kind": "guest", "p_time_zone": "Europe/Paris", **_TAIL}),
    "grant_credits": Sample(
        {**_ON, "p_amount": 5}, {"p_pool": "promotional", "p_expires_at": FUTURE, **_TAIL}
    ),
    "add_purchased_credits": Sample(
        {**_ON, "p_amount": 5, "p_reference": "pack-9-" + ACCOUNT},
        {
            "p_expires_at": FUTURE,
            "p_amount_paid": 500,
            "p_currency": "eur",
            "p_idempotency_key": "key-9",
            "p_metadata": {},
        },
    ),
    "add_subscription_credits": Sample(
        {**_ON, "p_amount": 5, "p_period_end": FUTURE, "p_reference": "period-9"},
        {"p_subscription": "sub-9", "p_idempotency_key": "key-9", "p_metadata": {}},
    ),
    "renew_subscription": Sample(
        {
            **_ON,
            "p_subscription": "sub-9",
            "p_amount": 5,
            "p_period_start": SOON,
            "p_period_end": FUTURE,
        },
        {
            "p_rollover_cap": 10,
            "p_item": "item-9",
            "p_plan": "pro",
            "p_grant_every": "10 days",
            "p_payment": "pay-9-" + ACCOUNT,
            "p_amount_paid": 900,
            "p_currency": "usd",
            **_TAIL,
        },
    ),
    "start_trial": Sample(
        _TRIAL[1],
        {"p_item": "item-9", "p_plan": "pro", "p_trial_key": "card-" + ACCOUNT, **_TAIL},
    ),
    "change_subscription": Sample(
        {**_ON, "p_subscription": "sub-9", "p_amount": 9, "p_item": "item-9"},
        {
            "p_policy": "difference",
            "p_when": "now",
            "p_plan": "pro",
            "p_payment": "pay-9-" + ACCOUNT,
            "p_amount_paid": 900,
            "p_currency": "usd",
            **_TAIL,
        },
        before=(_PERIOD,),
    ),
    "set_subscription_status": Sample(
        {**_ON, "p_subscription": "sub-9", "p_status": "past_due"}, _TAIL, before=(_TRIAL,)
    ),
    "cancel_subscription": Sample(
        {**_ON, "p_subscription": "sub-9"}, {"p_when": "now", **_TAIL}, before=(_TRIAL,)
    ),
    "list_subscriptions": Sample(_ON, {"p_limit": 5, "p_after": "a"}, _READER, (_TRIAL,)),
    "grant_due": Sample({}, {"p_limit": 10}),
    "record_payment": Sample(
        {
            **_ON,
            "p_payment": "pay-9-" + ACCOUNT,
            "p_amount_paid": 900,
            "p_currency": "usd",
            "p_grants": [{"amount": 9}, {"amount": 1, "pool": "promotional"}],
        },
        {"p_provider": "paddle", "p_amount_returned": 0, **_TAIL},
    ),
    "clawback_credits": Sample(
        {**_ON, "p_payment": "pack-1-" + ACCOUNT},
        {"p_target": 10, "p_amount_returned": None, "p_provider": "manual", **_TAIL},
        before=(_PACK,),
    ),
    # A null amount is refused: whoever sends one has lost a number on the way.
    "deduct_credit": Sample(
        {**_ON, "p_amount": 3}, {"p_feature": "chat", "p_member": "ann", **_TAIL}, before=(_GRANT,)
    ),
    "deduct_credits_batch": Sample(
        {
            "p_operations": [
                {"account_id": ACCOUNT, "idempotency_key": "job-9", "amount": 3, "feature": "chat"},
                {"account_id": ACCOUNT, "idempotency_key": "job-10"},
            ]
        },
        {"p_all_or_nothing": True},
        before=(_GRANT,),
    ),
    "define_feature": Sample(
        {"p_feature": "feature-" + ACCOUNT},
        {"p_description": "An image", "p_unit": "picture", "p_is_active": True},
        _ADMIN,
    ),
    "set_rate_card": Sample(
        {"p_feature": "image", "p_base": 1.5},
        {
            "p_charge": "per_use",
            "p_modifiers": {"size": {"s": 1, "l": 2.5}},
            "p_defaults": {"size": "s"},
            "p_minimum": 1,
            "p_maximum": 9,
            "p_rounding": "nearest",
            "p_valid_from": FUTURE,
        },
        _ADMIN,
        (_FEATURE,),
    ),
    "list_features": Sample(
        {}, {"p_limit": 5, "p_after": "a", "p_active_only": True}, _READER, _PRICED
    ),
    "list_rate_cards": Sample(
        {"p_feature": "image"}, {"p_limit": 5, "p_before": 9}, _READER, _PRICED
    ),
    "quote_feature": Sample(
        {**_ON, "p_feature": "image", "p_quantity": 2}, {"p_modifiers": {}}, _READER, _PRICED
    ),
    "check_feature": Sample(
        {**_ON, "p_feature": "image", "p_quantity": 2},
        {"p_modifiers": {}, "p_member": "ann"},
        _READER,
        _PRICED,
    ),
    "use_feature": Sample(
        {**_ON, "p_feature": "image", "p_quantity": 2},
        {"p_modifiers": {}, "p_member": "ann", **_TAIL},
        before=(_GRANT, *_PRICED),
    ),
    "hold_feature": Sample(
        {**_ON, "p_feature": "image", "p_quantity": 2},
        {"p_modifiers": {}, "p_expires_in": "00:05:00", "p_member": "ann", **_TAIL},
        before=(_GRANT, *_PRICED),
    ),
    "capture_feature": Sample(
        {**_ON, "p_hold_id": 2, "p_quantity": 1},
        {"p_final": False, "p_if_short": "partial", **_TAIL},
        before=(_GRANT, *_PRICED, _HELD),
    ),
    "refund_spend": Sample(
        {**_ON, "p_entry_id": 2},
        {"p_amount": 3, "p_if_expired": "lapse", **_TAIL},
        before=(_GRANT, _SPEND),
    ),
    "hold_credits": Sample(
        {**_ON, "p_amount": 7},
        {"p_expires_in": "00:05:00", "p_feature": "chat", "p_member": "ann", **_TAIL},
        before=(_GRANT,),
    ),
    "capture_hold": Sample(
        {**_ON, "p_hold_id": 2},
        {"p_amount": 7, "p_final": False, "p_if_short": "partial", **_TAIL},
        before=(_GRANT, _HOLD),
    ),
    "release_hold": Sample({**_ON, "p_hold_id": 2}, _TAIL, before=(_GRANT, _HOLD)),
    "extend_hold": Sample(
        {**_ON, "p_hold_id": 2}, {"p_expires_in": "01:00:00", **_TAIL}, before=(_GRANT, _HOLD)
    ),
    "expire_subscription_credits": Sample(
        _ON, {"p_subscription": "sub-9", "p_reason": "cancelled", **_TAIL}, before=(_GRANT,)
    ),
    "expire_due": Sample({}, {"p_limit": 10}),
    "get_balance": Sample(_ON, role=_READER),
    "balance_at": Sample({**_ON, "p_at": PAST}, role=_READER, before=(_GRANT,)),
    "explain_spend": Sample({**_ON, "p_entry_id": 2}, role=_READER, before=(_GRANT, _SPEND)),
    "simulate_spend": Sample({**_ON, "p_amount": 3}, role=_READER, before=(_GRANT,)),
    "list_entries": Sample(
        _ON,
        {
            "p_limit": 5,
            "p_before": 9,
            "p_kind": "spend",
            "p_feature": "chat",
            "p_reference": "ref-9",
            "p_member": "ann",
            "p_from": PAST,
            "p_to": FUTURE,
        },
        _READER,
        (_GRANT,),
    ),
    "list_expiring": Sample(
        {"p_within": "30 days"},
        {"p_limit": 5, "p_after_expires_at": SOON, "p_after_account_id": "a"},
        _READER,
    ),
    "rebuild": Sample(_ON, role=_READER, before=(_GRANT,)),
    "repair_account": Sample(
        {**_ON, "p_reason": "stray update", "p_person": "ann"}, _TAIL, _ADMIN, (_GRANT,)
    ),
    "list_holds": Sample(
        _ON, {"p_limit": 5, "p_before": 9, "p_open_only": False}, _READER, (_GRANT, _HOLD)
    ),
    "list_lots": Sample(
        _ON, {"p_limit": 5, "p_after": None, "p_live_only": False}, _READER, (_GRANT,)
    ),
    "verify": Sample({}, _ON, _READER),
    "verify_page": Sample({}, {"p_limit": 5, "p_after": "a", "p_since": FUTURE}, _READER),
    "schema_version": Sample(role=_READER),
    "audit_access": Sample(role=_READER),
    "adjust_balance": Sample(
        {**_ON, "p_reason": "goodwill", "p_person": "ann", "p_difference": 4},
        {"p_pool": "promotional", "p_expires_at": FUTURE, **_TAIL},
        _ADMIN,
        (_GRANT,),
    ),
    "freeze_account": Sample(_FREEZE[1], _TAIL, _ADMIN, (_GRANT,)),
    "unfreeze_account": Sample({**_ON, "p_reason": "cleared"}, _TAIL, _ADMIN, (_GRANT, _FREEZE)),
    "close_account": Sample(
        {**_ON, "p_reason": "left", "p_if_credits": "forfeit"}, _TAIL, _ADMIN, (_GRANT,)
    ),
    "set_stripe_price": Sample(
        {"p_price": "price_" + ACCOUNT, "p_credits": 10},
        {"p_rollover_cap": 5, "p_proration": "full"},
        _ADMIN,
    ),
    "ingest_stripe_event": Sample(
        {"p_payload": json.dumps(EVENT), "p_livemode": True}, {}, "credits_webhook"
    ),
    "retry_stripe_event": Sample(
        {"p_event_id": "evt_refund_" + ACCOUNT}, {"p_provider_account": ""}, before=(_PARKED,)
    ),
    "dismiss_stripe_event": Sample(
        {"p_event_id": "evt_refund_" + ACCOUNT, "p_reason": "paid in another shop"},
        {"p_provider_account": ""},
        _ADMIN,
        (_PARKED,),
    ),
    "list_stripe_backlog": Sample(role=_READER, before=(_PARKED,)),
    "list_stripe_events": Sample(
        {},
        {
            "p_outcome": "parked",
            "p_event_type": "charge.refunded",
            "p_limit": 5,
            "p_after": "evt_a",
            "p_after_account": "",
        },
        _READER,
        (_PARKED,),
    ),
    "link_payment": Sample(
        {**_ON, "p_payment": "pay-" + ACCOUNT, "p_event_id": "evt_paid_" + ACCOUNT},
        {"p_provider": "manual", "p_provider_account": ""},
        _ADMIN,
        (
            _PAID,
            (
                "add_purchased_credits",
                {**_ON, "p_amount": 5, "p_amount_paid": 500, "p_currency": "usd"}
                | {"p_reference": "pay-" + ACCOUNT},
            ),
        ),
    ),
    "mirror_stripe_object": Sample(
        {
            "p_object": {"id": "price_" + ACCOUNT, "object": "price", "created": 1_780_000_000},
            "p_seen_at": FUTURE,
        },
        {"p_livemode": True, "p_provider_account": ""},
    ),
    "get_stripe_buyer": Sample(_ON, {"p_livemode": True, "p_provider_account": ""}, _READER),
    "list_stripe_objects": Sample(
        {},
        {"p_object_ids": ["re_1"], "p_livemode": True, "p_provider_account": ""},
        _READER,
        (_PARKED,),
    ),
    "record_stripe_run": Sample(
        {"p_kind": "sync", "p_started_at": FUTURE, "p_counts": {"prices": 3}},
        {"p_problem": "no network", "p_livemode": True, "p_provider_account": ""},
    ),
    "list_stripe_runs": Sample({}, {"p_limit": 5, "p_before": FUTURE}, _READER),
    "claim_payment": Sample(
        {**_ON, "p_event_id": "evt_paid_" + ACCOUNT}, {"p_provider_account": ""}, _ADMIN, (_PAID,)
    ),
    "link_customer": Sample(
        {**_ON, "p_customer": "cus_" + ACCOUNT}, {"p_livemode": True, "p_provider_account": ""}
    ),
    "add_stripe_line_items": Sample(
        {"p_object_id": "cs_" + ACCOUNT, "p_line_items": []},
        {"p_livemode": True, "p_provider_account": ""},
        before=(_PAID,),
    ),
    "transfer_credits": Sample(
        {
            **_ON,
            "p_to_account_id": ACCOUNT + "-friend",
            "p_amount": 5,
            "p_idempotency_key": "key-9",
        },
        {"p_pool": "promotional", "p_reference": "ref-9", "p_metadata": {}},
        before=(_GRANT,),
    ),
    "merge_accounts": Sample(
        {**_ON, "p_into_account_id": ACCOUNT + "-user"},
        {"p_if_holds": "release", **_TAIL},
        before=(_GRANT,),
    ),
    "erase_metadata": Sample(
        {**_ON, "p_reason": "asked for"},
        {"p_reference": "ref-9", "p_idempotency_key": "key-9"},
        _ADMIN,
        (_GRANT,),
    ),
    "set_member_cap": Sample(
        {**_ON, "p_member": "ann", "p_period": "day", "p_cap": 5}, _TAIL, before=(_GRANT,)
    ),
    "list_member_usage": Sample(
        _ON,
        {"p_member": "ann", "p_limit": 5, "p_after": "a", "p_capped_only": True},
        _READER,
        (_GRANT,),
    ),
    "purge_stripe_events": Sample({}, {"p_limit": 10}),
    "get_backlog": Sample(role=_READER),
    "get_seal": Sample(_ON, role=_READER, before=(_GRANT,)),
    "list_seals": Sample({}, {"p_limit": 5, "p_after": "a"}, _READER),
    "seal_due": Sample({}, {"p_limit": 100}),
    "verify_seals": Sample(
        {"p_heads": [{"account_id": ACCOUNT, "entry_id": 1, "hash": "00" * 32}]}, {}, _READER
    ),
    "my_balance": Sample(role=_USER, before=(_GRANT,)),
    "my_entries": Sample(
        {},
        {
            "p_limit": 5,
            "p_before": 9,
            "p_kind": "spend",
            "p_feature": "chat",
            "p_reference": "ref-9",
            "p_from": PAST,
            "p_to": FUTURE,
        },
        _USER,
        (_GRANT,),
    ),
    "my_lots": Sample({}, {"p_limit": 5, "p_after": None, "p_live_only": False}, _USER, (_GRANT,)),
}
