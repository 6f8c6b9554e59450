-- The hour, day, week (from Monday) or month of a time zone that an instant lies in; all time for
-- lifetime.
create or replace function credits_private.calendar_window(
    p_period text,
    p_time_zone text,
    p_at timestamptz
)
returns credits_private.usage_window
language plpgsql
stable
parallel safe
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_window credits_private.usage_window;
    v_start date;
begin
    if p_period = 'lifetime' then
        v_window.starts_at := '-infinity';
        v_window.ends_at := 'infinity';
    elsif p_period = 'hour' then
        v_window.starts_at := credits_private.local_hour(p_at, p_time_zone);
        select min(h.starts_at) into v_window.ends_at
        from generate_series(60, 120, 30) as m (minutes)
        cross join lateral credits_private.local_hour(
            v_window.starts_at + make_interval(mins => m.minutes), p_time_zone
        ) as h (starts_at)
        where h.starts_at > v_window.starts_at;
    else
        v_start := date_trunc(p_period, p_at at time zone p_time_zone);
        v_window.starts_at := credits_private.local_midnight(v_start, p_time_zone);
        v_window.ends_at := credits_private.local_midnight(
            (v_start + ('1 ' || p_period)::interval)::date, p_time_zone
        );
    end if;
    return v_window;
end
$$;
