-- First instant of a date in a time zone. Where the clocks are put back over midnight, that is the
-- earlier one; where midnight is left out, the instant after the gap.
create or replace function credits_private.local_midnight(p_date date, p_time_zone text)
returns timestamptz
language plpgsql
stable
parallel safe
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_first timestamptz := p_date::timestamp at time zone p_time_zone;
begin
    while ((v_first - interval '30 minutes') at time zone p_time_zone)::date >= p_date loop
        v_first := v_first - interval '30 minutes';
    end loop;
    return v_first;
end
$$;
