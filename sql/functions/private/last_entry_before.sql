-- Number of an account's newest entry that was booked before an instant; 0 if there is none. Dates
-- never run backwards inside an account, so that twenty looks at a million entries find it.
create or replace function credits_private.last_entry_before(
    p_account_id text,
    p_before timestamptz
)
returns bigint
language plpgsql
stable
parallel safe
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_before bigint := 0;
    v_after bigint;
    v_entry_id bigint;
    v_created_at timestamptz;
begin
    select l.entry_id + 1 into v_after
    from credits_private.ledger l
    where l.account_id = p_account_id
    order by l.entry_id desc
    limit 1;

    while v_after - v_before > 1 loop
        select l.entry_id, l.created_at into v_entry_id, v_created_at
        from credits_private.ledger l
        where l.account_id = p_account_id and l.entry_id >= (v_before + v_after) / 2
        order by l.entry_id
        limit 1;
        if v_created_at < p_before then
            v_before := v_entry_id;
        else
            v_after := (v_before + v_after) / 2;
        end if;
    end loop;
    return v_before;
end
$$;
