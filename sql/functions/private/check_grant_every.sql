-- Refuses an interval between grants that is not of whole days and months, or so short that a
-- period would have more than a thousand of them; null passes as "all at the start".
create or replace function credits_private.check_grant_every(
    p_argument text,
    p_every interval,
    p_period_start timestamptz,
    p_period_end timestamptz
)
returns void
language plpgsql
stable
parallel safe
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_months bigint := credits_private.months_of(p_every);
    v_days bigint := extract(day from p_every);
begin
    perform credits_private.check_argument(
        p_argument,
        p_every is null or (
            v_months between 0 and 1200
            and v_days between 0 and 36500
            and p_every = make_interval(months => v_months::integer, days => v_days::integer)
            and extract(epoch from p_period_end) - extract(epoch from p_period_start)
                <= 1000 * 86400 * (28 * v_months + v_days)
            and v_months + v_days > 0
        ),
        'null or whole days and months, at least one day and a thousandth of the period'
    );
end
$$;
