-- The accounts of the p_limit earliest lots and holds that are due by p_now, and how many of them
-- each has; without the accounts in p_without. Locks nothing, so it decides nothing.
create or replace function credits_private.find_due(
    p_now timestamptz,
    p_limit bigint,
    p_without text[]
)
returns credits_private.due_account[]
language plpgsql
stable
parallel safe
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
    return array(
        select row(
            e.account_id, count(*), null, null, null, null, false
        )::credits_private.due_account
        from (
            (
                select l.account_id, l.expires_at
                from credits_private.lots l
                where l.is_open and l.expires_at <= p_now and l.account_id <> all (p_without)
                order by l.expires_at, l.account_id
                limit p_limit
            )
            union all
            (
                select h.account_id, h.expires_at
                from credits_private.holds h
                where h.status = 'open'
                    and h.expires_at <= p_now
                    and h.account_id <> all (p_without)
                order by h.expires_at, h.account_id
                limit p_limit
            )
            order by expires_at, account_id
            limit p_limit
        ) as e
        group by e.account_id
    );
end
$$;
