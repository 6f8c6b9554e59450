-- Opens an account, or completes one that a grant has opened. Locks the account row. Once per
-- account: the same kind and time zone again is a replay. Raises invalid_argument, invalid_state,
-- idempotency_conflict, account_closed. For credits_service.
create or replace function credits.open_account(
    p_account_id text,
    p_kind text default 'user',
    p_time_zone text default 'UTC',
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
        'p_kind', coalesce(p_kind, 'user') in ('user', 'organisation', 'guest'),
        'user, organisation or guest'
    );
    perform credits_private.check_time_zone('p_time_zone', coalesce(p_time_zone, 'UTC'));
    perform credits_private.check_tail(p_reference, p_idempotency_key, p_metadata);
    return credits_private.post_open(
        p_account_id, coalesce(p_kind, 'user'), coalesce(p_time_zone, 'UTC'),
        p_reference, p_idempotency_key, p_metadata
    );
end
$$;

comment on function credits.open_account(text, text, text, text, text, jsonb) is
'Opens an account of kind user, organisation or guest, with the time zone its periods are counted
in.

A grant opens an unknown account by itself; this call may then still set kind and time zone,
once.';
