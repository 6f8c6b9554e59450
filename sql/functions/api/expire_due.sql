-- Releases holds past their deadline and books the breakage of lots past their expiry, at most
-- p_limit of them, the earliest first. Correctness never waits for it: expired credits cannot be
-- spent or seen.
-- Locks account rows without waiting and passes over those that somebody has locked. Running it
-- again does no harm.
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
    v_now timestamptz := credits_private.clock();
    v_left bigint := coalesce(p_limit, 1000);
    v_found bigint;
    v_done bigint;
    v_due credits_private.due_account[];
    v_states credits_private.account_state[];
    v_plan credits_private.due_plan;
    v_seen text[] := array[]::text[];
    v_locked text[] := array[]::text[];
    v_one credits.sweep;
    v_sweep credits.sweep;
    r_account record;
begin
    perform credits_private.check_argument('p_limit', v_left between 1 and 10000, '1 to 10000');
    v_sweep.accounts := 0;
    v_sweep.holds := 0;
    v_sweep.lots := 0;
    v_sweep.credits := 0;
    -- One round is enough where nobody has locked an account. Each goes by the accounts of those
    -- before it, so that there is an end.
    while v_left > 0 loop
        v_due := credits_private.find_due(v_now, v_left, v_seen);
        exit when cardinality(v_due) = 0;
        select v_seen || array_agg(d.account_id), sum(d.events) into v_seen, v_found
        from unnest(v_due) as d;
        -- What comes back to a lot that has ended since ends with it: that counts, too.
        v_states := credits_private.lock_due(
            v_due, p_spare => (v_left - v_found) / cardinality(v_due)
        );
        v_locked := v_locked || array(
            select d.account_id
            from unnest(v_due) as d
            except
            select s.account_id
            from unnest(v_states) as s
        );
        v_plan := credits_private.plan_due(v_states, p_checks_out => true);
        perform credits_private.write_plan(v_plan);

        v_sweep.holds := v_sweep.holds + cardinality(v_plan.holds);
        select v_sweep.lots + count(*) filter (where c.has_ended),
            v_sweep.credits + coalesce(sum(c.expired), 0)
        into v_sweep.lots, v_sweep.credits
        from unnest(v_plan.lots) as c;
        select v_sweep.accounts + count(*) filter (
                where a.events > 0 or a.hold_id is not null or a.has_grant
            ),
            coalesce(sum(a.events), 0)
        into v_sweep.accounts, v_done
        from unnest(v_plan.accounts) as a;
        for r_account in
            select a.account_id, a.events_left
            from unnest(v_plan.accounts) as a
            where a.has_grant or a.hold_id is not null and a.events_left > 0
        loop
            v_one := credits_private.post_overdue(r_account.account_id, r_account.events_left);
            v_sweep.holds := v_sweep.holds + v_one.holds;
            v_sweep.lots := v_sweep.lots + v_one.lots;
            v_sweep.credits := v_sweep.credits + v_one.credits;
            v_done := v_done + r_account.events_left;
        end loop;
        exit when v_found < v_left;
        v_left := v_left - v_done;
    end loop;

    v_sweep.skipped := cardinality(v_locked);
    v_sweep.has_more := cardinality(credits_private.find_due(v_now, 1, v_locked)) > 0;
    return v_sweep;
end
$$;

comment on function credits.expire_due(integer) is
'Releases holds past their deadline and books credits past their expiry as breakage, dated then:
at most p_limit holds and lots, the earliest first.

Run it every few minutes and again while has_more is true. An account that somebody is working on
is skipped: it is booked there, or by the next sweep. Spends and balances are right without it.';
