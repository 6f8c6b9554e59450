-- Lets caps of the members of an account that is merged into this one hold here too, where the
-- member has none of that period. What was used over there is not counted here.
create or replace function credits_private.move_member_caps(
    p_state credits_private.account_state,
    p_from_account_id text
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
    r_cap credits_private.member_caps;
begin
    for r_cap in
        select k.*
        from credits_private.member_caps k
        where k.account_id = p_from_account_id
        order by k.member, k.period
    loop
        perform
        from credits_private.member_caps k
        where k.account_id = v_state.account_id
            and k.member = r_cap.member
            and k.period = r_cap.period;
        continue when found;
        v_entry := null;
        v_entry.kind := 'cap';
        v_entry.member := r_cap.member;
        v_entry.request := jsonb_build_object('period', r_cap.period, 'cap', r_cap.cap);
        v_state := credits_private.book(v_state, v_entry);
        perform credits_private.put_member_cap(v_state, r_cap.member, r_cap.period, r_cap.cap);
    end loop;
    return v_state;
end
$$;
