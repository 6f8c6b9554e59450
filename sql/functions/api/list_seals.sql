-- Heads of the chains of all accounts that have one, in the order of their ids, one page.
-- Locks nothing. p_after is the account_id of the last row seen. Raises invalid_argument.
-- For credits_service, credits_admin and credits_reader.
create or replace function credits.list_seals(
    p_limit integer default 100,
    p_after text default null
)
returns setof credits.seal
language plpgsql
stable
parallel safe
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_last text collate "C" := coalesce(p_after, '');
begin
    perform credits_private.check_argument(
        'p_limit', coalesce(p_limit, 100) between 1 and 1000, '1 to 1000'
    );
    perform credits_private.check_argument(
        'p_after', p_after is null or length(p_after) between 1 and 255, '1 to 255 characters'
    );
    -- From one account to the next by the index, past all the seals between.
    for v_i in 1 .. coalesce(p_limit, 100) loop
        select s.account_id into v_last
        from credits_private.seals s
        where s.account_id > v_last
        order by s.account_id
        limit 1;
        exit when not found;
        return next credits.get_seal(v_last);
    end loop;
end
$$;

comment on function credits.list_seals(integer, text) is
'The last seal of each account that has one, in the order of the ids, at most 1000 a page.

For the next page give the account_id of the last row as p_after. `pgcredits seal export` does so.';
