-- Releases holds past their deadline and books the breakage of lots past their expiry, for at most
-- p_limit accounts. Correctness never waits for it: expired credits cannot be spent or seen.
-- Skips accounts that somebody has locked; locks account rows without waiting. Running it again
-- does no harm.
-- Raises invalid_argument. For credits_service and credits_admin.
create or replace function credits.expire_due(p_limit integer default 1000)
returns credits.sweep
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
    v_one credits.sweep;
    v_sweep credits.sweep;
begin
    perform credits_private.check_argument('p_limit', v_limit between 1 and 10000, '1 to 10000');
    select array_agg(d.account_id order by d.account_id) into v_account_ids
    from (
        select distinct e.account_id
        from (
            (
                select l.account_id
                from credits_private.lots l
                where l.is_open and l.expires_at <= v_now
                order by l.expires_at
                limit 10 * v_limit
            )
            union all
            (
                select h.account_id
                from credits_private.holds h
                where h.status = 'open' and h.expires_at <= v_now
                order by h.expires_at
                limit 10 * v_limit
            )
        ) as e
        limit v_limit
    ) as d;

    v_sweep.accounts := 0;
    v_sweep.holds := 0;
    v_sweep.lots := 0;
    v_sweep.credits := 0;
    foreach v_account_id in array coalesce(v_account_ids, '{}') loop
        perform
        from credits_private.accounts a
        where a.account_id = v_account_id
        for no key update skip locked;
        continue when not found;
        v_one := credits_private.post_expiry(v_account_id);
        v_sweep.accounts := v_sweep.accounts + v_one.accounts;
        v_sweep.holds := v_sweep.holds + v_one.holds;
        v_sweep.lots := v_sweep.lots + v_one.lots;
        v_sweep.credits := v_sweep.credits + v_one.credits;
    end loop;
    v_sweep.has_more := exists (
        select from credits_private.lots l where l.is_open and l.expires_at <= v_now
    )
    or exists (
        select from credits_private.holds h where h.status = 'open' and h.expires_at <= v_now
    );
    return v_sweep;
end
$$;

comment on function credits.expire_due(integer) is
'Releases holds past their deadline and books credits past their expiry as breakage, dated then,
for at most p_limit accounts.

Run it every few minutes and again while has_more is true. Spends and balances are right without
it.';
