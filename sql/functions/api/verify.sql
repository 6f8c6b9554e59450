-- Checks every invariant of one account, or of all accounts in turn, against one snapshot.
-- Locks nothing; memory is bounded by the lots of one account. Returns one row per violation.
-- Raises invalid_argument. For credits_service, credits_admin and credits_reader.
create or replace function credits.verify(p_account_id text default null)
returns setof credits.finding
language plpgsql
stable
parallel safe
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    r_account record;
begin
    if p_account_id is not null then
        perform credits_private.check_account_id(p_account_id);
    end if;
    for r_account in
        select a.account_id
        from credits_private.accounts a
        where p_account_id is null or a.account_id = p_account_id
        order by a.account_id
    loop
        return query select * from credits_private.verify_entries(r_account.account_id);
        return query select * from credits_private.verify_lots(r_account.account_id);
        return query select * from credits_private.verify_payments(r_account.account_id);
        return query select * from credits_private.verify_holds(r_account.account_id);
    end loop;
    return query select * from credits_private.verify_orphans(p_account_id);
end
$$;

comment on function credits.verify(text) is
'One row per violated invariant of one account, or of all accounts; no row means that all is well.

It reads the whole ledger of each account. Run it nightly, and after anything that worries you.';
