-- Books what is over at p_until (an instant not after now), in the order of time, as commands of
-- their own: holds past their deadline, dated at it, and lots past their expiry. Each hold goes
-- back to the lots as they were then.
create or replace function credits_private.book_due(
    p_state credits_private.account_state,
    p_until timestamptz
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
    r_hold credits_private.holds;
begin
    if v_state.next_event_at > p_until then
        return v_state;
    end if;
    for r_hold in
        select h.*
        from credits_private.holds h
        where h.account_id = v_state.account_id
            and h.status = 'open'
            and h.expires_at <= p_until
        order by h.expires_at, h.hold_id
    loop
        v_state := credits_private.expire_lots(
            v_state, r_hold.expires_at, p_on_their_own => true
        );
        v_state.effective_at := r_hold.expires_at;
        v_state := credits_private.end_hold(v_state, r_hold, 'expired', null);
        v_state.effective_at := null;
        v_state.command_id := null;
    end loop;
    return credits_private.expire_lots(v_state, p_until, p_on_their_own => true);
end
$$;
