-- Checks every invariant of the next p_limit accounts in the order of their ids, against one
-- snapshot, and that no row without an account lies between them. With p_since only accounts whose
-- newest entry is not older are verified, and rows without an account are not looked for.
-- Locks nothing. Returns where the next page begins. Raises invalid_argument.
-- For credits_service, credits_admin and credits_reader.
create or replace function credits.verify_page(
    p_limit integer default 100,
    p_after text default null,
    p_since timestamptz default null
)
returns credits.verified_page
language plpgsql
stable
parallel safe
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_limit integer := coalesce(p_limit, 100);
    v_after text collate "C" := coalesce(p_after, '');
    v_account_ids text[];
    v_due text[];
    v_page credits.verified_page;
begin
    perform credits_private.check_argument('p_limit', v_limit between 1 and 10000, '1 to 10000');
    perform credits_private.check_argument(
        'p_after', p_after is null or length(p_after) between 1 and 255, '1 to 255 characters'
    );
    perform credits_private.check_instant('p_since', p_since);

    select array_agg(p.account_id) into v_account_ids
    from (
        select a.account_id
        from credits_private.accounts a
        where a.account_id > v_after
        order by a.account_id
        limit v_limit
    ) as p;
    v_due := v_account_ids;
    if p_since is not null then
        select array_agg(i.account_id) into v_due
        from unnest(v_account_ids) as i (account_id)
        where (
            select l.created_at
            from credits_private.ledger l
            where l.account_id = i.account_id
            order by l.entry_id desc
            limit 1
        ) >= p_since;
    end if;

    v_page.accounts := coalesce(cardinality(v_account_ids), 0);
    v_page.verified := coalesce(cardinality(v_due), 0);
    v_page.last_account_id := v_account_ids[v_page.accounts];
    v_page.has_more := exists (
        select from credits_private.accounts a where a.account_id > v_page.last_account_id
    );
    select nullif(c.reltuples, -1) into v_page.estimated_accounts
    from pg_class c
    where c.oid = 'credits_private.accounts'::regclass;
    select coalesce(jsonb_agg(f), '[]') into v_page.findings
    from (
        select a.* from credits_private.verify_accounts(v_due) as a
        union all
        -- chr(1) is the least character: what it is appended to has no closer successor.
        select o.*
        from credits_private.verify_orphans(
            case when v_after = '' then '' else v_after || chr(1) end,
            case when v_page.has_more then v_page.last_account_id end
        ) as o
        where p_since is null
    ) as f;
    return v_page;
end
$$;

comment on function credits.verify_page(integer, text, timestamptz) is
'Verifies the next accounts in the order of their ids, p_limit at most.

For the next page give last_account_id as p_after, until has_more is false: then every account and
every row without one has been looked at, a page at a time. `pgcredits verify` does so. Accounts
whose entries were cut off or dated back are not found with p_since.';
