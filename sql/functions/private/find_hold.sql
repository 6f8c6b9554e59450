-- The open hold of this number. Refuses one that is unknown, has ended, or is past its deadline:
-- hold_not_found, hold_closed, hold_expired. Call it under the lock, before anything is booked.
create or replace function credits_private.find_hold(
    p_state credits_private.account_state,
    p_hold_id bigint
)
returns credits_private.holds
language plpgsql
stable
parallel safe
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_hold credits_private.holds;
begin
    select h.* into v_hold
    from credits_private.holds h
    where h.account_id = p_state.account_id and h.hold_id = p_hold_id;
    if not found then
        perform credits_private.fail(
            'hold_not_found',
            jsonb_build_object('account_id', p_state.account_id, 'hold_id', p_hold_id)
        );
    elsif v_hold.status = 'expired'
        or v_hold.status = 'open' and v_hold.expires_at <= p_state.now
    then
        perform credits_private.fail(
            'hold_expired',
            jsonb_build_object('hold_id', p_hold_id, 'expires_at', v_hold.expires_at)
        );
    elsif v_hold.status <> 'open' then
        perform credits_private.fail(
            'hold_closed', jsonb_build_object('hold_id', p_hold_id, 'status', v_hold.status)
        );
    end if;
    return v_hold;
end
$$;
