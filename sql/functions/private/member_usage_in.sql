-- What a member used between two instants, counted from the ledger: it reads the entries of the
-- account from the first of them on.
create or replace function credits_private.member_usage_in(
    p_account_id text,
    p_member text,
    p_from timestamptz,
    p_until timestamptz
)
returns bigint
language sql
stable
parallel safe
security invoker
set search_path = pg_catalog, pg_temp
as $$
    select coalesce(sum(u.amount), 0)::bigint
    from credits_private.member_uses(
        p_account_id, p_member, credits_private.last_entry_before(p_account_id, p_from) + 1
    ) as u
    where u.at >= p_from and u.at < p_until
$$;
