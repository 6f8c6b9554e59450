-- Ends the subscription's lots whose period is over when the new one begins: up to rollover_cap
-- carries over to the new period, the newest lots first and each in a lot of its own; the rest is
-- breakage. Lots of a trial end with the first paid period, and nothing of them carries over.
create or replace function credits_private.roll_over(
    p_state credits_private.account_state,
    p_grant credits_private.grant_order,
    p_expires_at timestamptz
)
returns credits_private.account_state
language plpgsql
volatile
parallel unsafe
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_state credits_private.account_state := p_state;
    v_entry credits_private.ledger;
    v_new credits_private.lots;
    v_lapsed jsonb := '[]'::jsonb;
    v_cap bigint := p_grant.rollover_cap;
    v_carried bigint;
    v_ends_at timestamptz := coalesce(p_state.effective_at, p_state.now);
    v_trial credits_private.lots;
    r_lot credits_private.lots;
begin
    select l.* into v_trial
    from credits_private.lots l
    where l.account_id = v_state.account_id
        and l.subscription = p_grant.subscription
        and l.origin = 'trial'
        and l.period_start < p_grant.period_end
    order by l.lot_id desc
    limit 1;
    for r_lot in
        select l.*
        from credits_private.lots l
        where l.account_id = v_state.account_id
            and l.subscription = p_grant.subscription
            and l.is_open
            and (
                l.period_end <= p_grant.period_start
                or (l.period_start, l.period_end) = (v_trial.period_start, v_trial.period_end)
            )
        order by l.priority desc, l.expires_at desc, l.lot_id desc
    loop
        v_carried := case
            when (r_lot.period_start, r_lot.period_end)
                = (v_trial.period_start, v_trial.period_end) then 0
            else least(r_lot.remaining, v_cap)
        end;
        v_cap := v_cap - v_carried;
        update credits_private.lots l
        set remaining = 0,
            is_open = false,
            expired = l.expired + r_lot.remaining - v_carried
        where l.account_id = v_state.account_id and l.lot_id = r_lot.lot_id;

        if v_carried > 0 then
            v_new := credits_private.derive_lot(r_lot, 'rollover', v_carried);
            v_new.period_start := p_grant.period_start;
            v_new.period_end := p_grant.period_end;
            v_new.expires_at := p_expires_at;
            v_entry := null;
            v_entry.kind := 'rollover';
            v_entry.allocations := credits_private.allocation(r_lot.lot_id, -v_carried);
            v_state := credits_private.book_lot(v_state, v_new, v_entry);
        end if;
        if r_lot.remaining > v_carried then
            v_lapsed := v_lapsed || credits_private.allocation(
                r_lot.lot_id, v_carried - r_lot.remaining
            );
        end if;
    end loop;

    -- All of them end, used up or not: what comes back to them later is not of the new period.
    update credits_private.lots l
    set expires_at = v_ends_at
    where l.account_id = v_state.account_id
        and l.subscription = p_grant.subscription
        and not l.is_open
        and (
            l.period_end <= p_grant.period_start
            or (l.period_start, l.period_end) = (v_trial.period_start, v_trial.period_end)
        )
        and l.expires_at > v_ends_at;

    if v_lapsed <> '[]' then
        v_entry := null;
        v_entry.kind := 'expire';
        v_entry.allocations := v_lapsed;
        v_state := credits_private.book(v_state, v_entry);
    end if;
    return v_state;
end
$$;
