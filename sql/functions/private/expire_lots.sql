-- Books the breakage of every lot that ends at or before p_until (an instant not after now), one
-- entry each, in the order of expiry and dated at it. With p_on_their_own each entry is a command
-- of its own.
create or replace function credits_private.expire_lots(
    p_state credits_private.account_state,
    p_until timestamptz,
    p_on_their_own boolean
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
    v_entry credits_private.ledger;
    r_lot record;
begin
    if v_state.next_event_at > p_until then
        return v_state;
    end if;

    for r_lot in
        select l.lot_id, l.remaining, l.expires_at
        from credits_private.lots l
        where l.account_id = v_state.account_id and l.is_open and l.expires_at <= p_until
        order by l.expires_at, l.lot_id
    loop
        update credits_private.lots l
        set remaining = 0, expired = l.expired + r_lot.remaining, is_open = false
        where l.account_id = v_state.account_id and l.lot_id = r_lot.lot_id;

        if r_lot.remaining > 0 then
            v_entry := null;
            v_entry.kind := 'expire';
            v_entry.allocations := credits_private.allocation(r_lot.lot_id, -r_lot.remaining);
            v_entry.occurred_at := r_lot.expires_at;
            v_state := credits_private.book(v_state, v_entry);
            if p_on_their_own then
                v_state.command_id := null;
            end if;
        end if;
    end loop;

    select least(
        (
            select coalesce(min(l.expires_at), 'infinity')
            from credits_private.lots l
            where l.account_id = v_state.account_id and l.is_open
        ),
        (
            select coalesce(min(h.expires_at), 'infinity')
            from credits_private.holds h
            where h.account_id = v_state.account_id and h.status = 'open'
        ),
        (
            select coalesce(min(i.next_grant_at), 'infinity')
            from credits_private.subscription_items i
            where i.account_id = v_state.account_id
        )
    ) into v_state.next_event_at;
    return v_state;
end
$$;
