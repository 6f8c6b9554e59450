-- Books scheduled grants that are due, with what else is due on their accounts, for at most p_limit
-- accounts. Correctness never waits for it: whoever comes first books them, each as of its instant.
-- Skips accounts that somebody has locked; locks account rows without waiting. Running it again
-- does no harm.
-- Raises invalid_argument. For credits_service and credits_admin.
create or replace function credits.grant_due(p_limit integer default 1000)
returns credits.grant_run
language plpgsql
volatile
parallel unsafe
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_limit integer := coalesce(p_limit, 1000);
    v_now timestamptz := credits_private.clock();
    v_account_ids text[];
    v_account_id text;
    v_one credits.grant_run;
    v_run credits.grant_run;
begin
    perform credits_private.check_argument('p_limit', v_limit between 1 and 10000, '1 to 10000');
    select array_agg(d.account_id order by d.account_id) into v_account_ids
    from (
        select i.account_id
        from credits_private.subscription_items i
        where i.next_grant_at <= v_now
        group by i.account_id
        order by min(i.next_grant_at), i.account_id
        limit v_limit
    ) as d;

    v_run.accounts := 0;
    v_run.grants := 0;
    v_run.credits := 0;
    foreach v_account_id in array coalesce(v_account_ids, '{}') loop
        perform
        from credits_private.accounts a
        where a.account_id = v_account_id
        for no key update skip locked;
        continue when not found;
        v_one := credits_private.post_due_grants(v_account_id);
        v_run.accounts := v_run.accounts + v_one.accounts;
        v_run.grants := v_run.grants + v_one.grants;
        v_run.credits := v_run.credits + v_one.credits;
    end loop;
    v_run.has_more := v_run.accounts > 0 and coalesce(cardinality(v_account_ids), 0) = v_limit;
    return v_run;
end
$$;

comment on function credits.grant_due(integer) is
'Books the scheduled grants of subscriptions (p_grant_every) that are due, for at most p_limit
accounts.

Run it every few minutes and again while has_more is true. Until it has run, or something else was
booked on the account, balances do not show those credits; no spend is refused for want of them.';
