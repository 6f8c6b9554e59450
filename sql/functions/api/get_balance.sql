-- What an account can spend at this instant, in one statement. Locks nothing.
-- Credits past their expiry are left out whether a sweep has run or not; a hold past its deadline
-- reads as held until somebody releases it. An unknown account reads
-- as zeros with status null. Raises invalid_argument.
-- For credits_service, credits_admin and credits_reader.
create or replace function credits.get_balance(p_account_id text)
returns credits.balance
language plpgsql
stable
parallel safe
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_balance credits.balance;
begin
    perform credits_private.check_account_id(p_account_id);
    v_balance.account_id := p_account_id;
    v_balance.as_of := credits_private.clock();

    with tail as (
        select t.debt, t.open_lot_id, t.open_lot_remaining
        from credits_private.ledger t
        where t.account_id = p_account_id
        order by t.entry_id desc
        limit 1
    ),
    live as (
        select l.pool, l.expires_at,
            l.remaining
                + case when l.lot_id = t.open_lot_id then t.open_lot_remaining else 0 end as credits
        from credits_private.lots l
        cross join tail t
        where l.account_id = p_account_id and l.is_open and l.expires_at > v_balance.as_of
    ),
    per_pool as (
        select p.pool, coalesce(sum(v.credits), 0)::bigint as credits
        from credits_private.pools p
        left join live v on v.pool = p.pool
        group by p.pool
    ),
    next_expiry as (
        select v.expires_at, sum(v.credits)::bigint as credits
        from live v
        where v.credits > 0 and isfinite(v.expires_at)
        group by v.expires_at
        order by v.expires_at
        limit 1
    )
    select a.status, a.merged_into, a.plan, coalesce(t.debt, 0),
        credits_private.held_by(p_account_id), s.credits, s.pools, n.expires_at, n.credits
    into v_balance.status, v_balance.merged_into, v_balance.plan, v_balance.debt, v_balance.held,
        v_balance.balance, v_balance.pools, v_balance.next_expires_at, v_balance.next_expires_amount
    from (
        select sum(q.credits)::bigint as credits, jsonb_object_agg(q.pool, q.credits) as pools
        from per_pool q
    ) as s
    left join credits_private.accounts a on a.account_id = p_account_id
    left join tail t on true
    left join next_expiry n on true;

    v_balance.available := case when v_balance.debt > 0 then 0 else v_balance.balance end;
    v_balance.settled := v_balance.available + v_balance.held;
    v_balance.balance := v_balance.balance - v_balance.debt;
    return v_balance;
end
$$;

comment on function credits.get_balance(text) is
'What an account can spend right now: available is what deduct_credit would accept while status
is active.

balance is all live credits less the debt; held stands in open holds, settled is available and
held together; pools maps each pool to its credits; next_expires_at and next_expires_amount tell
what expires first. Reads as zeros for an unknown account.';
