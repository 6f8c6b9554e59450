-- Sets aside what a use of a feature may cost, for work whose quantity is known later.
-- Locks the account row. A replay, by key or by feature and reference, returns the recorded
-- receipt.
-- Raises what use_feature raises. For credits_service.
create or replace function credits.hold_feature(
    p_account_id text,
    p_feature text,
    p_quantity bigint default 1,
    p_modifiers jsonb default null,
    p_expires_in interval default null,
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
    perform credits_private.check_use(p_feature, p_quantity, p_modifiers, p_member);
    perform credits_private.check_hold_time(p_expires_in);
    perform credits_private.check_tail(p_reference, p_idempotency_key, p_metadata);
    return credits_private.post_feature_hold(
        p_account_id, p_feature, p_quantity, p_modifiers, p_expires_in, p_member, p_reference,
        credits_private.use_key(p_feature, p_reference, p_idempotency_key), p_metadata
    );
end
$$;

comment on function credits.hold_feature(
    text, text, bigint, jsonb, interval, text, text, text, jsonb
) is
'Sets aside what p_quantity of a feature costs, before work whose quantity is known only at its end.
The entry_id of the receipt is the p_hold_id of capture_feature, capture_hold, extend_hold and
release_hold.

The hold keeps the rate card: captures of it are priced by that version. Refused and ended like any
hold. What would cost nothing cannot be held.';
