-- Passes credits that have come back to lots of a merged account ([[lot, amount], ...], booked
-- already) on to where these lots are now, through every account in between. There they are put
-- back as if they had come back to it. lock_chain must have locked the accounts.
create or replace function credits_private.pass_on(
    p_state credits_private.account_state,
    p_returned jsonb,
    p_if_expired text
)
returns credits_private.account_state
language plpgsql
volatile
parallel unsafe
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_state credits_private.account_state;
    v_into credits_private.account_state;
    v_entry credits_private.ledger;
    v_out jsonb;
    v_in jsonb;
begin
    v_into := credits_private.lock_account(p_state.merged_into, p_create => false);
    v_into.now := p_state.now;
    if v_into.merged_into is null then
        perform credits_private.check_status(v_into, array['active', 'frozen']);
    end if;
    v_into := credits_private.catch_up(v_into);
    select jsonb_agg(jsonb_build_array(x.lot_id, -x.amount) order by x.ordinal),
        jsonb_agg(jsonb_build_array(l.moved_to_lot_id, x.amount) order by x.ordinal)
    into v_out, v_in
    from credits_private.parts_of(p_returned) as x
    join credits_private.lots l on l.account_id = p_state.account_id and l.lot_id = x.lot_id;

    v_entry.kind := 'merge';
    v_entry.other_account_id := v_into.account_id;
    v_entry.other_entry_id := v_into.entry_id + 1;
    v_entry.allocations := v_out;
    v_state := credits_private.book(p_state, v_entry);
    v_entry.other_account_id := v_state.account_id;
    v_entry.other_entry_id := v_state.entry_id;
    v_entry.allocations := v_in;
    v_into := credits_private.book(v_into, v_entry);
    if v_into.merged_into is not null then
        v_into := credits_private.pass_on(v_into, v_in, p_if_expired);
    else
        v_into := credits_private.put_back(v_into, v_in, p_if_expired);
        v_into := credits_private.settle_debt(v_into);
    end if;
    perform credits_private.finish_command(v_into);
    return v_state;
end
$$;
