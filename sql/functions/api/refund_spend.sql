-- Gives the credits of a spend or capture back because the work failed, wholly or partly, to the
-- lots they came from. Locks the account row, and those of the accounts that it was merged into.
-- A replay by key returns the recorded receipt.
-- Raises invalid_argument, entry_not_found, refund_exceeds_spend, idempotency_conflict,
-- account_closed, balance_limit. For credits_service.
create or replace function credits.refund_spend(
    p_account_id text,
    p_entry_id bigint default null,
    p_spend_key text default null,
    p_amount bigint default null,
    p_if_expired text default 'grace',
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
        'p_entry_id', (p_entry_id is null) <> (p_spend_key is null),
        'number of the spend, or its key as p_spend_key: exactly one of them'
    );
    perform credits_private.check_amount('p_amount', coalesce(p_amount, 1));
    perform credits_private.check_argument(
        'p_if_expired', coalesce(p_if_expired, 'grace') in ('grace', 'lapse'), 'grace or lapse'
    );
    perform credits_private.check_tail(p_reference, p_idempotency_key, p_metadata);
    perform credits_private.lock_chain(p_account_id);
    return credits_private.post_refund(
        p_account_id, p_entry_id, p_spend_key, p_amount, coalesce(p_if_expired, 'grace'),
        p_reference, p_idempotency_key, p_metadata
    );
end
$$;

comment on function credits.refund_spend(
    text, bigint, text, bigint, text, text, text, jsonb
) is
'Gives credits of a spend, or of a capture, back to the lots they came from, in reverse; p_amount
null gives back the rest.

Any number of partial refunds, together at most the spend. If a lot has expired meanwhile, grace
keeps its credits for the setting refund_grace after the expiry, lapse books them as breakage. If
the account was merged, the credits pass on to the account that has its lots now.';
