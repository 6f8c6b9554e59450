-- First step of every slow path: checks the open lot in and books what is due: scheduled grants,
-- holds past their deadline, lots past their expiry, in the order of time. Again is harmless.
-- Whoever calls it ends with finish_command, which checks a lot out again.
create or replace function credits_private.catch_up(p_state credits_private.account_state)
returns credits_private.account_state
language plpgsql
volatile
parallel unsafe
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_state credits_private.account_state := p_state;
    v_before bigint;
begin
    if v_state.open_lot_id is not null then
        update credits_private.lots l
        set remaining = v_state.open_lot_remaining, is_open = v_state.open_lot_remaining > 0
        where l.account_id = v_state.account_id and l.lot_id = v_state.open_lot_id;
        v_state.open_lot_id := null;
        v_state.open_lot_remaining := 0;
    end if;
    -- Once, unless a grant waits for room: what is over may have made some.
    while v_state.next_event_at <= v_state.now loop
        v_before := v_state.entry_id;
        if v_state.status in ('active', 'frozen') then
            v_state := credits_private.book_schedule(v_state, p_on_their_own => true);
        end if;
        v_state := credits_private.book_due(
            v_state, v_state.now, p_limit => null, p_on_their_own => true
        );
        exit when v_state.entry_id = v_before;
    end loop;
    return v_state;
end
$$;
