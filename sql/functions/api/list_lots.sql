-- Lots of an account in burn order, one page. Locks nothing.
-- p_after is the lot_id of the last row seen. Raises invalid_argument.
-- For credits_service, credits_admin and credits_reader.
create or replace function credits.list_lots(
    p_account_id text,
    p_limit integer default 100,
    p_after bigint default null,
    p_live_only boolean default true
)
returns setof credits.lot
language plpgsql
stable
parallel safe
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_now timestamptz := credits_private.clock();
    v_live_only boolean := coalesce(p_live_only, true);
begin
    perform credits_private.check_account_id(p_account_id);
    perform credits_private.check_argument(
        'p_limit', coalesce(p_limit, 100) between 1 and 1000, '1 to 1000'
    );
    return query
    with tail as (
        select t.open_lot_id, t.open_lot_remaining
        from credits_private.ledger t
        where t.account_id = p_account_id
        order by t.entry_id desc
        limit 1
    ),
    listed as (
        select l as lot from credits_private.lots l where l.account_id = p_account_id and l.is_open
        union all
        select l
        from credits_private.lots l
        where not v_live_only and l.account_id = p_account_id and not l.is_open
    ),
    held as (
        select x.lot,
            (x.lot).remaining
                + case when (x.lot).lot_id = t.open_lot_id then t.open_lot_remaining else 0 end
                as remaining
        from listed x
        cross join tail t
    )
    select (h.lot).account_id, (h.lot).lot_id, (h.lot).pool, (h.lot).priority, (h.lot).granted,
        h.remaining, nullif((h.lot).expires_at, 'infinity'),
        h.remaining > 0 and (h.lot).expires_at > v_now,
        (h.lot).origin, (h.lot).subscription, (h.lot).period_start, (h.lot).period_end,
        (h.lot).payment_id, (h.lot).cost_amount, (h.lot).cost_currency, (h.lot).cost_moved,
        (h.lot).reference, (h.lot).from_account_id, (h.lot).from_lot_id, (h.lot).granted_at
    from held h
    where (not v_live_only or (h.remaining > 0 and (h.lot).expires_at > v_now))
        and (
            p_after is null
            or ((h.lot).priority, (h.lot).expires_at, (h.lot).lot_id) > (
                select x.priority, x.expires_at, x.lot_id
                from credits_private.lots x
                where x.account_id = p_account_id and x.lot_id = p_after
            )
        )
    order by (h.lot).priority, (h.lot).expires_at, (h.lot).lot_id
    limit coalesce(p_limit, 100);
end
$$;

comment on function credits.list_lots(text, integer, bigint, boolean) is
'Lots of an account in the order in which they burn, at most 1000 a page.

Only live lots unless p_live_only is false. For the next page give the lot_id of the last row as
p_after. expires_at is null for never.';
