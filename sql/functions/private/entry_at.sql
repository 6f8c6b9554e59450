-- Number of the newest entry that had taken effect at an instant; 0 if none had. What was booked
-- late, an expiry or the end of a hold, had taken effect at its own date, unless an entry that was
-- booked before it took effect later.
create or replace function credits_private.entry_at(p_account_id text, p_at timestamptz)
returns bigint
language plpgsql
stable
parallel safe
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_booked bigint := credits_private.last_entry_before(p_account_id, p_at);
    v_next bigint;
    v_entry_id bigint;
begin
    select l.entry_id into v_next
    from credits_private.ledger l
    where l.account_id = p_account_id and l.entry_id > v_booked and l.occurred_at > p_at
    order by l.entry_id
    limit 1;

    select l.entry_id into v_entry_id
    from credits_private.ledger l
    where l.account_id = p_account_id and l.entry_id < coalesce(v_next, 9223372036854775807)
    order by l.entry_id desc
    limit 1;
    return coalesce(v_entry_id, 0);
end
$$;
