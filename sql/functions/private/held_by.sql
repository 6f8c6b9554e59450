-- Credits of an account that stand in open holds.
create or replace function credits_private.held_by(p_account_id text)
returns bigint
language sql
stable
parallel safe
security invoker
set search_path = pg_catalog, pg_temp
as $$
    select coalesce(sum(h.amount - h.captured), 0)::bigint
    from credits_private.holds h
    where h.account_id = p_account_id and h.status = 'open'
$$;
