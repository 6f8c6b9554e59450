-- Lots of the signed-in user's account in burn order, one page. Locks nothing.
-- The account comes from the verified claims, never from an argument; what was paid is left out.
-- Raises not_signed_in, invalid_argument. For credits_user.
create or replace function credits.my_lots(
    p_limit integer default 100,
    p_after bigint default null,
    p_live_only boolean default true
)
returns setof credits.my_lot
language plpgsql
stable
parallel safe
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_account_id text := credits_private.claimed_account();
begin
    return query
    select l.lot_id, l.pool, l.granted, l.remaining, l.expires_at, l.is_live, l.period_start,
        l.period_end, l.granted_at
    from credits.list_lots(v_account_id, p_limit, p_after, p_live_only) as l
    order by l.priority, l.expires_at nulls last, l.lot_id;
end
$$;

comment on function credits.my_lots(integer, bigint, boolean) is
'Lots of the signed-in user in the order in which they burn, at most 1000 a page.

Only live lots unless p_live_only is false. expires_at is null for never. For the next page give the
lot_id of the last row as p_after.';
