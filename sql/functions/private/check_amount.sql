-- Refuses an amount that is null or outside 1 to 2^53-1.
create or replace function credits_private.check_amount(p_argument text, p_amount bigint)
returns void
language plpgsql
stable
parallel safe
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
    perform credits_private.check_argument(
        p_argument,
        p_amount between 1 and 9007199254740991,
        'whole number from 1 to 9007199254740991'
    );
end
$$;
