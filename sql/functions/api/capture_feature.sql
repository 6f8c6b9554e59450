-- Takes the price of what was used out of a hold_feature hold, as capture_hold does.
-- Locks the account row. A replay by key returns the recorded receipt.
-- Raises invalid_argument, hold_not_found, hold_closed, hold_expired, insufficient_credits,
-- in_debt, account_frozen, limit_reached, idempotency_conflict. For credits_service.
create or replace function credits.capture_feature(
    p_account_id text,
    p_hold_id bigint,
    p_quantity bigint,
    p_final boolean default true,
    p_if_short text default 'refuse',
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
        'p_hold_id', p_hold_id > 0, 'the entry_id of a hold_feature receipt'
    );
    perform credits_private.check_amount('p_quantity', p_quantity);
    perform credits_private.check_argument(
        'p_if_short', coalesce(p_if_short, 'refuse') in ('refuse', 'partial'), 'refuse or partial'
    );
    perform credits_private.check_tail(p_reference, p_idempotency_key, p_metadata);
    return credits_private.post_capture(
        p_account_id, p_hold_id, null, p_quantity, coalesce(p_final, true),
        coalesce(p_if_short, 'refuse'), p_reference, p_idempotency_key, p_metadata
    );
end
$$;

comment on function credits.capture_feature(
    text, bigint, bigint, boolean, text, text, text, jsonb
) is
'Charges what p_quantity of the feature that a hold_feature call was for has cost, by the rate card
and the modifiers of that call. Everything else is as with capture_hold: a final capture gives the
rest of the hold back, and what exceeds it is spent from the account, or refused.';
