-- Sets credits aside for work whose cost is not known yet: they leave their lots at once.
-- Locks the account row. A replay returns the recorded receipt; its entry_id is the hold's id.
-- Raises invalid_argument, insufficient_credits, in_debt, account_frozen, account_closed,
-- idempotency_conflict. For credits_service.
create or replace function credits.hold_credits(
    p_account_id text,
    p_amount bigint,
    p_expires_in interval default null,
    p_feature text default null,
    p_member text default null,
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
    perform credits_private.check_amount('p_amount', p_amount);
    perform credits_private.check_hold_time(p_expires_in);
    perform credits_private.check_text('p_feature', p_feature);
    perform credits_private.check_text('p_member', p_member);
    perform credits_private.check_tail(p_reference, p_idempotency_key, p_metadata);
    return credits_private.post_hold(
        p_account_id, p_amount, p_expires_in, p_feature, p_member, p_reference, p_idempotency_key,
        p_metadata
    );
end
$$;

comment on function credits.hold_credits(
    text, bigint, interval, text, text, text, text, jsonb
) is
'Sets credits aside before work whose cost is known only at its end. The entry_id of the receipt is
the p_hold_id of capture_hold, extend_hold and release_hold.

The hold ends by itself after p_expires_in (at most 24 hours; null: the setting hold_time, 15
minutes unless changed) and its credits go back to their lots. Refused like a spend, with
insufficient_credits (402), in_debt (402), account_frozen (403) or account_closed (409).';
