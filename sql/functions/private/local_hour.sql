-- Start of the full hour of a time zone's clock that an instant lies in. An hour in which clocks
-- change by half an hour lasts until the next full one.
create or replace function credits_private.local_hour(p_at timestamptz, p_time_zone text)
returns timestamptz
language sql
stable
parallel safe
security invoker
as $$
    -- The second time for an instant after such a change: the first time counts back from it.
    select pg_catalog.date_trunc(
        'hour', pg_catalog.date_trunc('hour', p_at, p_time_zone), p_time_zone
    )
$$;
