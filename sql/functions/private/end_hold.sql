-- Gives back everything that a hold still holds, in reverse, and ends it as p_status says. What
-- lies in an expired lot then is breakage. p_entry may carry key, reference, request and metadata.
create or replace function credits_private.end_hold(
    p_state credits_private.account_state,
    p_hold credits_private.holds,
    p_status text,
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
    v_state credits_private.account_state;
    v_entry credits_private.ledger := p_entry;
    v_taken jsonb;
    v_held_at timestamptz;
begin
    v_entry.kind := 'release';
    v_entry.about_entry_id := p_hold.hold_id;
    select l.member, l.allocations, l.occurred_at into v_entry.member, v_taken, v_held_at
    from credits_private.ledger l
    where l.account_id = p_state.account_id and l.entry_id = p_hold.hold_id;
    v_entry.allocations := credits_private.reverse_allocations(
        v_taken, 0, p_hold.amount - p_hold.captured
    );
    update credits_private.holds h
    set status = p_status
    where h.account_id = p_state.account_id and h.hold_id = p_hold.hold_id;

    perform credits_private.count_use(
        p_state.account_id, v_entry.member, v_held_at, p_hold.captured - p_hold.amount
    );
    v_state := credits_private.book(p_state, v_entry);
    v_state := credits_private.put_back(v_state, v_entry.allocations, 'lapse');
    return credits_private.settle_debt(v_state);
end
$$;
