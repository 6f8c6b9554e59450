-- When a pack that was paid at an instant expires: null for never. Durations are counted in UTC.
create or replace function credits_private.pack_expiry(p_expires text, p_at timestamptz)
returns timestamptz
language sql
stable
parallel safe
security invoker
set search_path = pg_catalog, pg_temp
as $$
    select case
        when p_expires like 'P%'
            then ((p_at at time zone 'UTC') + p_expires::interval) at time zone 'UTC'
    end
$$;
