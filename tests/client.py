"""The API as one object, so that a test reads like the rule it checks."""

from __future__ import annotations

from contextlib import ExitStack, contextmanager, nullcontext
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec, Self, TypeVar

import psycopg
from psycopg import sql
from psycopg.conninfo import make_conninfo

from pgcredits import rpc

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager

    from pgcredits.rpc import Entry

P = ParamSpec("P")
R = TypeVar("R")
Connection = psycopg.Connection[Any]


def _method(
    function: Callable[Concatenate[Connection, P], R],
) -> Callable[Concatenate[Credits, P], R]:
    """Turn a function of `pgcredits.rpc` into a method with the same arguments and result."""

    def method(self: Credits, /, *args: P.args, **kwargs: P.kwargs) -> R:
        with self._scope():
            return function(self.conn, *args, **kwargs)

    method.__doc__ = function.__doc__
    return method


class Credits:
    """One session of the API.

    With ``savepoints`` each call has a savepoint of its own, so that a refusal does not break the
    transaction that the test shares; without, a call runs as the connection stands.
    """

    def __init__(self, conn: Connection, *, savepoints: bool = False) -> None:
        self.conn = conn
        self._savepoints = savepoints
        self._opened = ExitStack()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self._opened.close()

    # The functions of the schema credits.

    open_account = _method(rpc.open_account)
    adjust_balance = _method(rpc.adjust_balance)
    audit_access = _method(rpc.audit_access)
    close_account = _method(rpc.close_account)
    freeze_account = _method(rpc.freeze_account)
    unfreeze_account = _method(rpc.unfreeze_account)
    transfer_credits = _method(rpc.transfer_credits)
    merge_accounts = _method(rpc.merge_accounts)
    erase_metadata = _method(rpc.erase_metadata)
    grant_credits = _method(rpc.grant_credits)
    add_purchased_credits = _method(rpc.add_purchased_credits)
    add_subscription_credits = _method(rpc.add_subscription_credits)
    renew_subscription = _method(rpc.renew_subscription)
    record_payment = _method(rpc.record_payment)
    start_trial = _method(rpc.start_trial)
    change_subscription = _method(rpc.change_subscription)
    cancel_subscription = _method(rpc.cancel_subscription)
    set_subscription_status = _method(rpc.set_subscription_status)
    grant_due = _method(rpc.grant_due)
    list_subscriptions = _method(rpc.list_subscriptions)
    clawback_credits = _method(rpc.clawback_credits)
    deduct_credit = _method(rpc.deduct_credit)
    deduct_credits_batch = _method(rpc.deduct_credits_batch)
    refund_spend = _method(rpc.refund_spend)
    expire_subscription_credits = _method(rpc.expire_subscription_credits)
    hold_credits = _method(rpc.hold_credits)
    capture_hold = _method(rpc.capture_hold)
    release_hold = _method(rpc.release_hold)
    extend_hold = _method(rpc.extend_hold)
    list_holds = _method(rpc.list_holds)
    define_feature = _method(rpc.define_feature)
    set_rate_card = _method(rpc.set_rate_card)
    list_features = _method(rpc.list_features)
    list_rate_cards = _method(rpc.list_rate_cards)
    quote_feature = _method(rpc.quote_feature)
    check_feature = _method(rpc.check_feature)
    use_feature = _method(rpc.use_feature)
    hold_feature = _method(rpc.hold_feature)
    capture_feature = _method(rpc.capture_feature)
    set_member_cap = _method(rpc.set_member_cap)
    list_member_usage = _method(rpc.list_member_usage)
    expire_due = _method(rpc.expire_due)
    get_balance = _method(rpc.get_balance)
    list_entries = _method(rpc.list_entries)
    list_lots = _method(rpc.list_lots)
    my_balance = _method(rpc.my_balance)
    my_entries = _method(rpc.my_entries)
    my_lots = _method(rpc.my_lots)
    get_backlog = _method(rpc.get_backlog)
    seal_due = _method(rpc.seal_due)
    get_seal = _method(rpc.get_seal)
    list_seals = _method(rpc.list_seals)
    verify_seals = _method(rpc.verify_seals)
    balance_at = _method(rpc.balance_at)
    explain_spend = _method(rpc.explain_spend)
    simulate_spend = _method(rpc.simulate_spend)
    list_expiring = _method(rpc.list_expiring)
    rebuild = _method(rpc.rebuild)
    repair_account = _method(rpc.repair_account)
    verify = _method(rpc.verify)
    verify_page = _method(rpc.verify_page)
    schema_version = _method(rpc.schema_version)
    ingest_stripe_event = _method(rpc.ingest_stripe_event)
    retry_stripe_event = _method(rpc.retry_stripe_event)
    dismiss_stripe_event = _method(rpc.dismiss_stripe_event)
    purge_stripe_events = _method(rpc.purge_stripe_events)
    list_stripe_events = _method(rpc.list_stripe_events)
    list_stripe_backlog = _method(rpc.list_stripe_backlog)
    add_stripe_line_items = _method(rpc.add_stripe_line_items)
    link_customer = _method(rpc.link_customer)
    link_payment = _method(rpc.link_payment)
    claim_payment = _method(rpc.claim_payment)
    set_stripe_price = _method(rpc.set_stripe_price)
    mirror_stripe_object = _method(rpc.mirror_stripe_object)
    list_stripe_objects = _method(rpc.list_stripe_objects)
    get_stripe_buyer = _method(rpc.get_stripe_buyer)
    record_stripe_run = _method(rpc.record_stripe_run)
    list_stripe_runs = _method(rpc.list_stripe_runs)

    def call(self, function: str, **arguments: Any) -> Any:
        """Call with exactly these SQL arguments; None is sent as an explicit NULL."""
        returns: str = getattr(rpc, function).__annotations__["return"]
        row = getattr(rpc, returns.removeprefix("list[").removesuffix("]"))
        run: Callable[..., Any] = rpc.call_rows if returns.startswith("list[") else rpc.call
        with self._scope():
            return run(self.conn, row, function, arguments)

    # What tests ask most.

    def balance(self, account_id: str) -> int:
        return self.get_balance(account_id).balance

    def available(self, account_id: str) -> int:
        return self.get_balance(account_id).available

    def debt(self, account_id: str) -> int:
        return self.get_balance(account_id).debt

    def pools(self, account_id: str) -> dict[str, int]:
        """Credits by pool, without the pools that hold none."""
        return {name: held for name, held in self.get_balance(account_id).pools.items() if held}

    def entries(self, account_id: str) -> list[Entry]:
        """The whole ledger of an account, oldest first."""
        found: list[Entry] = []
        while page := self.list_entries(account_id, before=found[-1].entry_id if found else None):
            found += page
        return found[::-1]

    def booked(self, account_id: str) -> list[tuple[str, int]]:
        """Kind and amount of each entry, oldest first."""
        return [(entry.kind, entry.amount) for entry in self.entries(account_id)]

    def remaining(self, account_id: str) -> list[tuple[str, int]]:
        """Pool and remaining credits of each live lot, in burn order."""
        return [(lot.pool, lot.remaining) for lot in self.list_lots(account_id)]

    # Sessions and roles.

    @property
    def pid(self) -> int:
        """Process id of this session's backend, as pg_stat_activity shows it."""
        return self.conn.info.backend_pid

    def connect(self) -> Credits:
        """Another session on the same database (autocommit), closed with this one."""
        info = self.conn.info
        dsn = make_conninfo(info.dsn, password=info.password or None)
        return Credits(self._opened.enter_context(psycopg.connect(dsn, autocommit=True)))

    @contextmanager
    def role(self, name: str) -> Iterator[None]:
        """Be this role inside the block."""
        self.conn.execute(sql.SQL("set role {}").format(sql.Identifier(name)))
        try:
            yield
        finally:
            self.conn.execute("reset role")

    def _scope(self) -> AbstractContextManager[object]:
        return self.conn.transaction() if self._savepoints else nullcontext()
