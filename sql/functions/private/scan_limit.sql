-- Entries that one call of list_entries searches at most for those that fit a filter.
create or replace function credits_private.scan_limit()
returns bigint
language sql
immutable
parallel safe
security invoker
as $$
    select 100000::bigint
$$;
