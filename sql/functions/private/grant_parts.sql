-- Books the next grant of an item's period, one lot for each payment that pays for it. What those
-- payments have to give back by now is taken out of it at once. p_entry may carry the request.
create or replace function credits_private.grant_parts(
    p_state credits_private.account_state,
    p_item credits_private.subscription_items,
    p_expires_at timestamptz,
    p_entry credits_private.ledger
)
returns credits_private.account_state
language plpgsql
volatile
parallel unsafe
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_state credits_private.account_state := p_state;
    v_entry credits_private.ledger := p_entry;
    v_lot credits_private.lots;
    v_withheld bigint;
    r_part record;
begin
    if p_item.amount = 0 then
        v_entry.kind := 'subscription';
        return credits_private.book(v_state, v_entry);
    end if;
    for r_part in
        select (x.part ->> 0)::bigint as payment_id, (x.part ->> 1)::bigint as amount,
            floor(
                (x.part ->> 3)::numeric * (x.part ->> 1)::bigint / (x.part ->> 2)::bigint
            ) as cost,
            row_number() over (order by x.ordinal) as ordinal
        from jsonb_array_elements(p_item.parts) with ordinality as x (part, ordinal)
        where (x.part ->> 1)::bigint > 0
        order by x.ordinal
    loop
        v_lot := null;
        v_lot.pool := 'subscription';
        v_lot.granted := r_part.amount;
        v_lot.origin := case when r_part.ordinal = 1 then 'schedule' else 'upgrade' end;
        v_lot.subscription := p_item.subscription;
        v_lot.item := p_item.item;
        v_lot.plan := p_item.plan;
        v_lot.period_start := credits_private.grant_instant(p_item, p_item.grants_done);
        v_lot.period_end := credits_private.grant_instant(p_item, p_item.grants_done + 1);
        v_lot.expires_at := p_expires_at;
        v_lot.payment_id := r_part.payment_id;
        v_lot.cost_amount := r_part.cost;
        select p.priority into v_lot.priority
        from credits_private.pools p
        where p.pool = v_lot.pool;
        select p.currency, greatest(p.withheld - p.pending + r_part.amount, 0)
        into v_lot.cost_currency, v_withheld
        from credits_private.payments p
        where p.account_id = p_state.account_id and p.payment_id = r_part.payment_id;

        v_entry.kind := 'grant';
        v_state := credits_private.book_lot(v_state, v_lot, v_entry);
        v_entry := null;
        update credits_private.payments p
        set pending = p.pending - r_part.amount,
            withheld = p.withheld - v_withheld,
            clawed = p.clawed + v_withheld
        where p.account_id = p_state.account_id and p.payment_id = r_part.payment_id;
        if v_withheld > 0 then
            perform credits_private.draw_lot(p_state.account_id, v_state.entry_id, v_withheld);
            v_entry.allocations := credits_private.allocation(v_state.entry_id, -v_withheld);
            perform credits_private.mark_clawed(v_state, v_entry.allocations);
            v_entry.kind := 'clawback';
            v_state := credits_private.book(v_state, v_entry);
            v_entry := null;
        end if;
    end loop;
    return v_state;
end
$$;
