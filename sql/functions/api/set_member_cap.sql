-- Sets how many of the account's credits a member may use in each period; null removes the cap.
-- Locks the account row. A replay by key returns the recorded receipt.
-- Raises invalid_argument, account_not_found, account_closed, idempotency_conflict.
-- For credits_service and credits_admin.
create or replace function credits.set_member_cap(
    p_account_id text,
    p_member text,
    p_period text,
    p_cap bigint,
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
        'p_member', length(p_member) between 1 and 255, '1 to 255 characters'
    );
    perform credits_private.check_argument(
        'p_period',
        p_period in ('hour', 'day', 'week', 'month', 'billing_period', 'lifetime'),
        'hour, day, week, month, billing_period or lifetime'
    );
    perform credits_private.check_argument(
        'p_cap', p_cap is null or p_cap between 0 and 9007199254740991,
        'null for no cap, or whole number from 0 to 9007199254740991'
    );
    perform credits_private.check_tail(p_reference, p_idempotency_key, p_metadata);
    return credits_private.post_member_cap(
        p_account_id, p_member, p_period, p_cap, p_reference, p_idempotency_key, p_metadata
    );
end
$$;

comment on function credits.set_member_cap(text, text, text, bigint, text, text, jsonb) is
'Caps what a member of an account may use of its credits in each p_period: hour, day, week, month,
billing_period or lifetime. p_cap 0 forbids, null removes the cap.

Spends and holds that name the member are counted from the beginning of the current period on, also
those before the cap was set; a call that would pass a cap is refused with limit_reached (403). A
member may have a cap for each period: all of them have to allow. Hours, days, weeks and months are
those of the account''s time zone.';
