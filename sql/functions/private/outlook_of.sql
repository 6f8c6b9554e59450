-- The account as the next command will find it, without a lock and without writing: the open lot
-- checked in, and holds past their deadline released in the order of time, as book_due does it.
-- Lots past their expiry are still among the lots.
create or replace function credits_private.outlook_of(p_account_id text, p_now timestamptz)
returns credits_private.outlook
language plpgsql
stable
parallel safe
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_outlook credits_private.outlook;
    v_open_lot_id bigint;
    v_open_lot_remaining bigint;
    v_index integer;
    r_hold credits_private.holds;
begin
    select t.debt, t.open_lot_id, t.open_lot_remaining
    into v_outlook.debt, v_open_lot_id, v_open_lot_remaining
    from credits_private.ledger t
    where t.account_id = p_account_id
    order by t.entry_id desc
    limit 1;
    v_outlook.debt := coalesce(v_outlook.debt, 0);
    select coalesce(array_agg(l), '{}'), array_position(array_agg(l.lot_id), v_open_lot_id)
    into v_outlook.lots, v_index
    from credits_private.lots l
    where l.account_id = p_account_id and l.is_open;
    if v_index is not null then
        v_outlook.lots[v_index].remaining := v_open_lot_remaining;
    end if;
    select coalesce(array_agg(p order by p.payment_id), '{}') into v_outlook.payments
    from credits_private.payments p
    where p.account_id = p_account_id and p.owed + p.settled + p.written_off > 0;

    for r_hold in
        select h.*
        from credits_private.holds h
        where h.account_id = p_account_id and h.status = 'open' and h.expires_at <= p_now
        order by h.expires_at, h.hold_id
    loop
        v_outlook := credits_private.outlook_settled(
            credits_private.outlook_released(v_outlook, r_hold), r_hold.expires_at
        );
    end loop;
    return v_outlook;
end
$$;
