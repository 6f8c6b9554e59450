-- Whole months of an interval, its years included.
create or replace function credits_private.months_of(p_interval interval)
returns bigint
language sql
immutable
parallel safe
security invoker
as $$
    select (12 * extract(year from p_interval) + extract(month from p_interval))::bigint
$$;
