"""The refusals of the credits functions, as exceptions.

A refusal reaches the client as an SQLSTATE of class ``PT`` whose last three characters are an HTTP
status, a constant message, a DETAIL that is a JSON object with ``code`` and the values, and
sometimes a HINT. `from_database` turns such an error into the subclass for its code; the text of
the message is never looked at.

After any of these the current transaction (or savepoint) is broken, as after every database error;
the refused call itself has changed nothing.
"""

# ruff: noqa: N818 - a refusal is named after its code, as clients write it in `except`.
from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

    import psycopg

_CLASS: Final = "PT"


class CreditsError(Exception):
    """A call that the credits functions refused.

    Attributes
    ----------
    code: name of the refusal in the registry, such as ``insufficient_credits``.
    sqlstate: ``PT`` and an HTTP status, such as ``PT402``.
    message: the registry's constant sentence.
    values: the figures of this refusal (for example ``required`` and ``available``), without code.
    hint: what to do about it, or None.
    """

    code: str = ""
    sqlstate: str = ""
    message: str = ""

    def __init__(
        self,
        *,
        code: str | None = None,
        sqlstate: str | None = None,
        message: str | None = None,
        values: Mapping[str, Any] | None = None,
        hint: str | None = None,
    ) -> None:
        if code is not None:
            self.code = code
        if sqlstate is not None:
            self.sqlstate = sqlstate
        if message is not None:
            self.message = message
        self.values: dict[str, Any] = dict(values or {})
        self.hint = hint
        super().__init__(self.message)

    @property
    def http_status(self) -> int:
        """The HTTP status that PostgREST answers for this refusal."""
        return int(self.sqlstate.removeprefix(_CLASS))

    def __str__(self) -> str:
        figures = ", ".join(f"{name}={value!r}" for name, value in sorted(self.values.items()))
        text = f"{self.message} ({figures})" if figures else self.message
        return f"{text}: {self.hint}" if self.hint else text


class InvalidArgument(CreditsError):
    """An argument is missing, malformed or out of range; ``values['argument']`` names it."""

    code = "invalid_argument"
    sqlstate = "PT400"
    message = "invalid argument"


class SameAccount(CreditsError):
    """An account was to give credits to itself; ``values['argument']`` names the second id."""

    code = "same_account"
    sqlstate = "PT400"
    message = "both accounts are the same"


class NotSignedIn(CreditsError):
    """No verified claims say whose account it is; ``values['reason']`` tells what is missing."""

    code = "not_signed_in"
    sqlstate = "PT401"
    message = "not signed in"


class InsufficientCredits(CreditsError):
    """Fewer credits are available than the spend needs."""

    code = "insufficient_credits"
    sqlstate = "PT402"
    message = "insufficient credits"


class InDebt(CreditsError):
    """Credits were taken back after they had been spent; spends wait until that is settled."""

    code = "in_debt"
    sqlstate = "PT402"
    message = "account is in debt"


class AccountFrozen(CreditsError):
    """The account is frozen: it may receive, but not spend."""

    code = "account_frozen"
    sqlstate = "PT403"
    message = "account is frozen"


class LimitReached(CreditsError):
    """A limit on the use of credits is reached, whatever the account has.

    ``values['limit']`` says which: ``member_cap``, with member, period, cap, used, required, left
    and resets_at (ISO 8601, None for never).
    """

    code = "limit_reached"
    sqlstate = "PT403"
    message = "limit reached"


class AppendOnly(CreditsError):
    """Somebody tried to change or delete ledger entries."""

    code = "append_only"
    sqlstate = "PT403"
    message = "ledger is append-only"


class AccountNotFound(CreditsError):
    """The account does not exist."""

    code = "account_not_found"
    sqlstate = "PT404"
    message = "account not found"


class EntryNotFound(CreditsError):
    """The account has no such entry."""

    code = "entry_not_found"
    sqlstate = "PT404"
    message = "entry not found"


class HoldNotFound(CreditsError):
    """The account has no such hold."""

    code = "hold_not_found"
    sqlstate = "PT404"
    message = "hold not found"


class SubscriptionNotFound(CreditsError):
    """Nothing was ever booked about this subscription of the account, or this item of it."""

    code = "subscription_not_found"
    sqlstate = "PT404"
    message = "subscription not found"


class PaymentNotFound(CreditsError):
    """The account has no such payment."""

    code = "payment_not_found"
    sqlstate = "PT404"
    message = "payment not found"


class FeatureNotFound(CreditsError):
    """There is no such feature; ``values['allowed']`` names those that can be used."""

    code = "feature_not_found"
    sqlstate = "PT404"
    message = "feature not found"


class StripeEventNotFound(CreditsError):
    """The inbox has no such event of Stripe."""

    code = "stripe_event_not_found"
    sqlstate = "PT404"
    message = "stripe event not found"


class AccountClosed(CreditsError):
    """The account is closed."""

    code = "account_closed"
    sqlstate = "PT409"
    message = "account is closed"


class AccountMerged(CreditsError):
    """The account was merged; ``values['merged_into']`` is the account to call instead."""

    code = "account_merged"
    sqlstate = "PT409"
    message = "account was merged into another one"


class AccountNotEmpty(CreditsError):
    """The account cannot be closed while it has credits, unless they are forfeited."""

    code = "account_not_empty"
    sqlstate = "PT409"
    message = "account still has credits"


class HoldsOpen(CreditsError):
    """The account cannot be merged while it has open holds, unless they are released."""

    code = "holds_open"
    sqlstate = "PT409"
    message = "account has open holds"


class SubscriptionEnded(CreditsError):
    """The subscription was canceled and has ended."""

    code = "subscription_ended"
    sqlstate = "PT409"
    message = "subscription has ended"


class TrialUsed(CreditsError):
    """The subscription, or the trial key, has had its trial."""

    code = "trial_used"
    sqlstate = "PT409"
    message = "trial was used before"


class HoldClosed(CreditsError):
    """The hold was captured or released before."""

    code = "hold_closed"
    sqlstate = "PT409"
    message = "hold is closed"


class FeatureInactive(CreditsError):
    """The feature is switched off or has no rate card yet; ``values['reason']`` tells which."""

    code = "feature_inactive"
    sqlstate = "PT409"
    message = "feature cannot be used now"


class IdempotencyConflict(CreditsError):
    """The idempotency key, or the payment, was used before for a different request."""

    code = "idempotency_conflict"
    sqlstate = "PT409"
    message = "idempotency key or payment already used for another request"


class InvalidState(CreditsError):
    """What was asked is not possible in the present state."""

    code = "invalid_state"
    sqlstate = "PT409"
    message = "not possible in this state"


class NotRepairable(CreditsError):
    """The entries contradict one another, or a row is missing that they do not tell in full."""

    code = "not_repairable"
    sqlstate = "PT409"
    message = "account cannot be repaired from its entries"


class HoldExpired(CreditsError):
    """The hold is past its deadline, and its credits went back."""

    code = "hold_expired"
    sqlstate = "PT410"
    message = "hold has expired"


class BalanceLimit(CreditsError):
    """The balance would exceed 2^53 - 1, the largest number that every client can read."""

    code = "balance_limit"
    sqlstate = "PT422"
    message = "balance limit exceeded"


class RefundExceedsSpend(CreditsError):
    """The refunds of a spend would add up to more than the spend."""

    code = "refund_exceeds_spend"
    sqlstate = "PT422"
    message = "refund exceeds the spend"


class ScanLimit(CreditsError):
    """No entry among those searched fits; ``values['before']`` says where to go on."""

    code = "scan_limit"
    sqlstate = "PT422"
    message = "nothing found within the scan limit"


class InternalError(CreditsError):
    """The functions found something that cannot be; report it, with its values."""

    code = "internal_error"
    sqlstate = "PT500"
    message = "internal error"


REGISTRY: Final[Mapping[str, type[CreditsError]]] = {
    error.code: error
    for error in (
        InvalidArgument,
        SameAccount,
        NotSignedIn,
        InsufficientCredits,
        InDebt,
        AccountFrozen,
        LimitReached,
        AppendOnly,
        AccountNotFound,
        EntryNotFound,
        HoldNotFound,
        SubscriptionNotFound,
        PaymentNotFound,
        FeatureNotFound,
        StripeEventNotFound,
        AccountClosed,
        AccountMerged,
        AccountNotEmpty,
        HoldsOpen,
        SubscriptionEnded,
        TrialUsed,
        HoldClosed,
        IdempotencyConflict,
        FeatureInactive,
        InvalidState,
        NotRepairable,
        HoldExpired,
        BalanceLimit,
        RefundExceedsSpend,
        ScanLimit,
        InternalError,
    )
}
"""Every refusal by its code."""


def from_detail(detail: Mapping[str, Any]) -> CreditsError:
    """Return the refusal that a DETAIL object describes, as the results of a batch carry it.

    A code that this version does not know becomes a plain `CreditsError`, without an SQLSTATE.
    """
    values = dict(detail)
    code: str = values.pop("code")
    return REGISTRY.get(code, CreditsError)(code=code, values=values)


def from_database(exc: psycopg.Error) -> CreditsError | None:
    """Return the refusal that ``exc`` carries, or None when it is not one of ours.

    Ours are the errors of SQLSTATE class ``PT`` whose DETAIL is a JSON object with a string
    ``code``. A code that this version does not know becomes a plain `CreditsError`.
    """
    sqlstate = exc.sqlstate
    if sqlstate is None or not sqlstate.startswith(_CLASS):
        return None
    try:
        detail = json.loads(exc.diag.message_detail or "")
    except ValueError:
        return None
    if not isinstance(detail, dict) or not isinstance(detail.get("code"), str):
        return None
    code: str = detail.pop("code")
    return REGISTRY.get(code, CreditsError)(
        code=code,
        sqlstate=sqlstate,
        message=exc.diag.message_primary,
        values=detail,
        hint=exc.diag.message_hint,
    )
