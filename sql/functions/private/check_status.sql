-- Refuses a known account whose status is not among p_allowed, and one that was merged into another
-- one: account_frozen, account_closed, account_merged. An unknown account passes.
create or replace function credits_private.check_status(
    p_state credits_private.account_state,
    p_allowed text[]
)
returns void
language plpgsql
stable
parallel safe
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
    perform credits_private.raise_refusal(credits_private.status_refusal(p_state, p_allowed));
end
$$;
