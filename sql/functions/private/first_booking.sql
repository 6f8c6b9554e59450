-- The entry that booked a lot or payment first, where the given entry only brought it along with a
-- merge; else the given entry.
create or replace function credits_private.first_booking(
    p_account_id text,
    p_entry_id bigint
)
returns credits_private.ledger
language plpgsql
stable
parallel safe
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_entry credits_private.ledger;
begin
    v_entry.account_id := p_account_id;
    v_entry.entry_id := p_entry_id;
    loop
        select l.* into strict v_entry
        from credits_private.ledger l
        where l.account_id = v_entry.account_id and l.entry_id = v_entry.entry_id;
        exit when v_entry.kind <> 'merge';
        v_entry.account_id := v_entry.other_account_id;
        v_entry.entry_id := (v_entry.request -> 'moved' ->> 'entry_id')::bigint;
    end loop;
    return v_entry;
end
$$;
