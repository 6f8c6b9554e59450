-- How many grants of an item's period are not booked yet.
create or replace function credits_private.grants_to_come(
    p_item credits_private.subscription_items
)
returns bigint
language plpgsql
immutable
parallel safe
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_number bigint := p_item.grants_done;
begin
    while credits_private.grant_instant(p_item, v_number) < p_item.period_end loop
        v_number := v_number + 1;
    end loop;
    return v_number - p_item.grants_done;
end
$$;
