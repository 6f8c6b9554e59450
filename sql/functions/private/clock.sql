-- The one source of time. Decisions read it once, after the account is locked.
create or replace function credits_private.clock()
returns timestamptz
language sql
volatile
parallel safe
security invoker
as $$
    select pg_catalog.clock_timestamp()
$$;
