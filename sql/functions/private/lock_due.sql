-- Locks the accounts that nobody has locked, without waiting and in ascending order, and reads, in
-- later statements, the clock and the newest entry of each. p_spare is how many lots and holds may
-- end of each account besides those that were found.
create or replace function credits_private.lock_due(
    p_due credits_private.due_account[],
    p_spare bigint
)
returns credits_private.account_state[]
language plpgsql
volatile
parallel unsafe
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_locked credits_private.due_account[];
    v_now timestamptz;
begin
    v_locked := array(
        select d
        from unnest(p_due) as d
        join credits_private.accounts a on a.account_id = d.account_id
        order by a.account_id
        for no key update of a skip locked
    );
    v_now := credits_private.clock();
    return array(
        select row(
            d.account_id, null, v_now, null, t.entry_id, null, t.created_at, t.balance, t.debt,
            t.open_lot_id, t.open_lot_remaining, t.next_event_at, d.events + p_spare, false, null,
            null
        )::credits_private.account_state
        from unnest(v_locked) with ordinality as d
        cross join lateral (
            select l.entry_id, l.created_at, l.balance, l.debt, l.open_lot_id,
                l.open_lot_remaining, l.next_event_at
            from credits_private.ledger l
            where l.account_id = d.account_id
            order by l.entry_id desc
            limit 1
        ) as t
        order by d.ordinality
    );
end
$$;
