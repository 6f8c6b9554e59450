-- Checks every invariant of one account, or of all accounts in turn, against one snapshot.
-- Locks nothing; memory is bounded by the lots of a thousand accounts and by what is found.
-- Returns one row per violation. Raises invalid_argument.
-- For credits_service, credits_admin and credits_reader.
create or replace function credits.verify(p_account_id text default null)
returns setof credits.finding
language plpgsql
stable
parallel safe
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_account_ids text[];
    v_last text collate "C" := '';
begin
    if p_account_id is not null then
        perform credits_private.check_account_id(p_account_id);
        return query select * from credits_private.verify_accounts(array[p_account_id]);
        return query select * from credits_private.verify_orphans(p_account_id, p_account_id);
        return;
    end if;
    loop
        select array_agg(p.account_id) into v_account_ids
        from (
            select a.account_id
            from credits_private.accounts a
            where a.account_id > v_last
            order by a.account_id
            limit 1000
        ) as p;
        exit when v_account_ids is null;
        return query select * from credits_private.verify_accounts(v_account_ids);
        v_last := v_account_ids[cardinality(v_account_ids)];
    end loop;
    return query select * from credits_private.verify_orphans('', null);
end
$$;

comment on function credits.verify(text) is
'One row per violated invariant of one account, or of all accounts; no row means that all is well.

It reads the whole ledger of each account in one statement. For many accounts there is verify_page,
and `pgcredits verify`, which calls it.';
