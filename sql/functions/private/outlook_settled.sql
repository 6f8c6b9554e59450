-- An outlook after the lots of paying pools that are live at p_at have paid what they can of the
-- debt, as settle_debt would have them do.
create or replace function credits_private.outlook_settled(
    p_outlook credits_private.outlook,
    p_at timestamptz
)
returns credits_private.outlook
language plpgsql
stable
parallel safe
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_outlook credits_private.outlook := p_outlook;
    v_left bigint;
    v_here bigint;
    r_lot record;
begin
    if v_outlook.debt = 0 then
        return v_outlook;
    end if;
    for r_lot in
        select i.ordinality::integer as index, i.remaining
        from unnest(v_outlook.lots) with ordinality as i
        join credits_private.pools p on p.pool = i.pool and p.pays_debt
        where i.remaining > 0 and i.expires_at > p_at
        order by i.priority, i.expires_at, i.lot_id
    loop
        v_here := least(r_lot.remaining, v_outlook.debt);
        v_outlook.lots[r_lot.index].remaining := r_lot.remaining - v_here;
        v_outlook.debt := v_outlook.debt - v_here;
    end loop;

    v_left := p_outlook.debt - v_outlook.debt;
    for v_index in 1 .. cardinality(v_outlook.payments) loop
        v_here := least(v_left, v_outlook.payments[v_index].owed);
        v_outlook.payments[v_index].owed := v_outlook.payments[v_index].owed - v_here;
        v_outlook.payments[v_index].settled := v_outlook.payments[v_index].settled + v_here;
        v_left := v_left - v_here;
    end loop;
    return v_outlook;
end
$$;
