-- Checks the open lot in and books what is over on one account at p_until (an instant not after
-- now), in the order of time, at most p_limit lots and holds (null: all). Each is a command of its
-- own, or part of the running one where p_on_their_own is false. Does nothing where nothing is due.
create or replace function credits_private.book_due(
    p_state credits_private.account_state,
    p_until timestamptz,
    p_limit bigint,
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
    v_left bigint := coalesce(p_limit, 9223372036854775807);
    v_bare credits_private.account_state;
    v_plan credits_private.due_plan;
    v_account credits_private.due_account;
    v_last credits_private.ledger;
    v_last_at timestamptz;
    r_hold credits_private.holds;
begin
    while v_state.next_event_at <= p_until and v_left > 0 loop
        v_bare := v_state;
        v_bare.entries := null;
        v_bare.now := p_until;
        v_bare.created_at := greatest(v_state.now, v_state.created_at);
        v_bare.due_limit := least(v_left, 10000);
        v_plan := credits_private.plan_due(array[v_bare], p_checks_out => false);
        v_account := v_plan.accounts[1];
        v_left := v_left - v_account.events;
        update credits_private.lots l
        set remaining = c.remaining, is_open = c.is_open, expired = l.expired + c.expired
        from unnest(v_plan.lots) as c
        where l.account_id = v_state.account_id and l.lot_id = c.lot_id;
        v_state.open_lot_id := null;
        v_state.open_lot_remaining := 0;
        v_state.next_event_at := v_account.next_event_at;
        if cardinality(v_plan.holds) > 0 then
            update credits_private.holds h
            set status = 'expired'
            from unnest(v_plan.holds) as p
            where h.account_id = v_state.account_id and h.hold_id = p.hold_id;
            perform credits_private.count_use(p.account_id, p.member, p.held_at, -p.amount)
            from unnest(v_plan.holds) as p;
        end if;
        if cardinality(v_plan.entries) > 0 then
            v_last := v_plan.entries[cardinality(v_plan.entries)];
            if not p_on_their_own then
                v_state.command_id := coalesce(v_state.command_id, v_plan.entries[1].entry_id);
                for v_i in 1 .. cardinality(v_plan.entries) loop
                    v_plan.entries[v_i].command_id := v_state.command_id;
                end loop;
            elsif cardinality(v_state.entries) > 0 then
                perform credits_private.write_entries(v_state);
                v_state.entries := '{}';
            end if;
            v_state.entry_id := v_last.entry_id;
            v_state.created_at := v_last.created_at;
            v_state.balance := v_last.balance;
            v_state.entries := v_state.entries || v_plan.entries;
        end if;

        if v_account.hold_id is not null and v_left > 0 then
            -- Holds that have to be ended alone, until a lot ends before the next one.
            v_state.next_event_at := v_account.next_lot_at;
            for r_hold in
                select h.*
                from credits_private.holds h
                where h.account_id = v_state.account_id
                    and h.status = 'open'
                    and h.expires_at <= p_until
                order by h.expires_at, h.hold_id
                limit v_left
            loop
                exit when v_state.next_event_at <= r_hold.expires_at;
                v_state.effective_at := r_hold.expires_at;
                v_state := credits_private.end_hold(v_state, r_hold, 'expired', null);
                v_state.effective_at := null;
                v_state.command_id := null;
                v_last_at := r_hold.expires_at;
                v_left := v_left - 1;
            end loop;
            v_state.next_event_at := coalesce(v_last_at, v_account.next_event_at);
        end if;
        -- What else is pending, a grant that waits for room, is not booked here.
        exit when v_account.events = 0 and v_account.hold_id is null;
    end loop;
    return v_state;
end
$$;
