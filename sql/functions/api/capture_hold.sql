-- Takes credits of a hold for good: the first of what it holds, in burn order. A final capture
-- gives the rest back. What exceeds the hold is taken like a spend, or refused.
-- Locks the account row. A replay by key returns the recorded receipt.
-- Raises invalid_argument, hold_not_found, hold_closed, hold_expired, insufficient_credits,
-- in_debt, account_frozen, idempotency_conflict. For credits_service.
create or replace function credits.capture_hold(
    p_account_id text,
    p_hold_id bigint,
    p_amount bigint default null,
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
        'p_hold_id', p_hold_id > 0, 'the entry_id of a hold_credits receipt'
    );
    perform credits_private.check_amount('p_amount', coalesce(p_amount, 1));
    perform credits_private.check_argument(
        'p_if_short', coalesce(p_if_short, 'refuse') in ('refuse', 'partial'), 'refuse or partial'
    );
    perform credits_private.check_tail(p_reference, p_idempotency_key, p_metadata);
    return credits_private.post_capture(
        p_account_id, p_hold_id, p_amount, null, coalesce(p_final, true),
        coalesce(p_if_short, 'refuse'), p_reference, p_idempotency_key, p_metadata
    );
end
$$;

comment on function credits.capture_hold(
    text, bigint, bigint, boolean, text, text, text, jsonb
) is
'Charges what the work has cost: p_amount null captures everything that the hold still holds. With
p_final the rest goes back to its lots and the hold is closed; p_final false keeps it open.

p_amount may exceed what is held: the difference is spent from the account. If it cannot be, refuse
leaves the hold as it was and raises insufficient_credits (402), in_debt (402) or account_frozen
(403); partial captures what is held, and amount in the receipt says how much that was. Past its
deadline a hold cannot be captured (hold_expired, 410).';
