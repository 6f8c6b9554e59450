-- Corrects a balance by hand, by a difference or to a target; reason and person are kept.
-- Locks the account row. A replay by key returns the recorded receipt.
-- Raises invalid_argument, account_not_found, account_closed, insufficient_credits, in_debt,
-- balance_limit, idempotency_conflict. For credits_admin.
create or replace function credits.adjust_balance(
    p_account_id text,
    p_reason text,
    p_person text,
    p_difference bigint default null,
    p_target bigint default null,
    p_pool text default null,
    p_expires_at timestamptz default null,
    p_reference text default null,
    p_idempotency_key text default null,
    p_metadata jsonb default null
)
returns credits.receipt
language plpgsql
volatile
parallel unsafe
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
    perform credits_private.check_account_id(p_account_id);
    perform credits_private.check_argument(
        'p_reason', length(p_reason) between 1 and 255, '1 to 255 characters'
    );
    perform credits_private.check_argument(
        'p_person', length(p_person) between 1 and 255, '1 to 255 characters'
    );
    perform credits_private.check_argument(
        'p_difference', (p_difference is null) <> (p_target is null),
        'credits more or less, or the balance wanted as p_target: exactly one of them'
    );
    perform credits_private.check_argument(
        'p_difference',
        p_difference is null
        or p_difference between -9007199254740991 and 9007199254740991 and p_difference <> 0,
        'whole number from -9007199254740991 to 9007199254740991, not 0'
    );
    perform credits_private.check_argument(
        'p_target', coalesce(p_target, 0) between 0 and 9007199254740991,
        'whole number from 0 to 9007199254740991'
    );
    if p_pool is not null then
        perform credits_private.check_pool('p_pool', p_pool);
    end if;
    perform credits_private.check_instant('p_expires_at', nullif(p_expires_at, 'infinity'));
    perform credits_private.check_tail(p_reference, p_idempotency_key, p_metadata);
    return credits_private.post_adjustment(
        p_account_id, p_reason, p_person, p_difference, p_target, p_pool, p_expires_at,
        p_reference, p_idempotency_key, p_metadata
    );
end
$$;

comment on function credits.adjust_balance(
    text, text, text, bigint, bigint, text, timestamptz, text, text, jsonb
) is
'Corrects a balance by hand: p_difference credits more (positive) or less (negative), or as many as
lead to p_target. p_reason and p_person are kept in the ledger.

More is a new lot of p_pool (null: promotional) that ends at p_expires_at, and pays debt like any
lot of its pool. Less comes out of the lots of p_pool (null: all, in burn order); what is not there
is refused with insufficient_credits (402), never taken below zero. For credits that were paid for
use record_payment and clawback_credits.';
