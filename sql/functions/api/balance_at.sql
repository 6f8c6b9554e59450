-- What an account had at an instant, exact to the microsecond, from its entries: as get_balance
-- would have said it then. Locks nothing. Credits past their expiry are left out, booked or not; a
-- hold that was released late counts as released at its deadline, one that nobody has released yet
-- as held. An unknown account reads as zeros. Raises invalid_argument.
-- For credits_service, credits_admin and credits_reader.
create or replace function credits.balance_at(p_account_id text, p_at timestamptz)
returns credits.past_balance
language plpgsql
stable
parallel safe
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_balance credits.past_balance;
    v_entry_id bigint;
begin
    perform credits_private.check_account_id(p_account_id);
    perform credits_private.check_argument(
        'p_at', p_at is not null, 'an instant in the years 1970 to 8999'
    );
    perform credits_private.check_instant('p_at', p_at);
    perform credits_private.check_argument(
        'p_at', p_at <= credits_private.clock(), 'an instant that has been'
    );
    v_balance.account_id := p_account_id;
    v_balance.as_of := p_at;
    v_entry_id := credits_private.entry_at(p_account_id, p_at);

    with live as (
        select l.pool, c.credits
        from credits_private.lots_after(p_account_id, v_entry_id) as c
        join credits_private.lots l on l.account_id = p_account_id and l.lot_id = c.lot_id
        where l.expires_at > p_at
    ),
    per_pool as (
        select p.pool, coalesce(sum(v.credits), 0)::bigint as credits
        from credits_private.pools p
        left join live v on v.pool = p.pool
        group by p.pool
    )
    select t.entry_id, coalesce(t.debt, 0), credits_private.held_after(p_account_id, v_entry_id),
        s.credits, s.pools
    into v_balance.entry_id, v_balance.debt, v_balance.held, v_balance.balance, v_balance.pools
    from (
        select sum(q.credits)::bigint as credits, jsonb_object_agg(q.pool, q.credits) as pools
        from per_pool q
    ) as s
    left join credits_private.ledger t
        on t.account_id = p_account_id and t.entry_id = v_entry_id;

    v_balance.available := case when v_balance.debt > 0 then 0 else v_balance.balance end;
    v_balance.settled := v_balance.available + v_balance.held;
    v_balance.balance := v_balance.balance - v_balance.debt;
    return v_balance;
end
$$;

comment on function credits.balance_at(text, timestamptz) is
'What an account had at an instant of the past, exact to the microsecond, from its entries alone.

An entry counts from its date, an expiry from the expiry, however late it was booked. So it differs
from what get_balance said then where something was booked late: a hold that was released after its
deadline counts as released at the deadline, a scheduled grant from its instant, a period that was
billed late from its start. Reads as zeros for an unknown account. For the future there is
simulate_spend.';
