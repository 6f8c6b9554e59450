-- Instant of a grant of an item's period, number 0 at its start; the end of the period where there
-- is none any more. Each is counted from the start in the item's time zone, so that the 31st comes
-- back after a shorter month; a zone may leave a day out, so each is later than the one before.
create or replace function credits_private.grant_instant(
    p_item credits_private.subscription_items,
    p_number bigint
)
returns timestamptz
language sql
immutable
parallel safe
security invoker
set search_path = pg_catalog, pg_temp
as $$
    select case
        when p_number <= 0 then p_item.period_start
        else least(
            p_item.period_end,
            greatest(this.instant, before.instant + interval '0.000001 s')
        )
    end
    from (select p_item.period_start at time zone p_item.time_zone as local) as start
    cross join lateral (
        select (start.local + make_interval(
            months => (p_number * p_item.grant_months)::integer,
            days => (p_number * p_item.grant_days)::integer
        )) at time zone p_item.time_zone as instant
    ) as this
    cross join lateral (
        select (start.local + make_interval(
            months => ((p_number - 1) * p_item.grant_months)::integer,
            days => ((p_number - 1) * p_item.grant_days)::integer
        )) at time zone p_item.time_zone as instant
    ) as before
$$;
