-- The same interval in seconds alone. Days and months would be counted in the session's time zone.
create or replace function credits_private.exact_interval(p_interval interval)
returns interval
language sql
immutable
parallel safe
security invoker
as $$
    select pg_catalog.make_interval(secs => extract(epoch from p_interval)::double precision)
$$;
