-- Refuses a pool that does not exist.
create or replace function credits_private.check_pool(p_argument text, p_pool text)
returns void
language plpgsql
stable
parallel safe
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_pools text;
begin
    select string_agg(p.pool, ', ' order by p.priority, p.pool) into v_pools
    from credits_private.pools p;
    perform credits_private.check_argument(
        p_argument,
        exists (select from credits_private.pools p where p.pool = p_pool),
        'one of ' || v_pools
    );
end
$$;
