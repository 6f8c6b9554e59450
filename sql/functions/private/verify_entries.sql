-- Violations inside the ledger of one account: numbers, chain of balances and debt, allocations,
-- dates, commands, refunds.
create or replace function credits_private.verify_entries(p_account_id text)
returns setof credits.finding
language sql
stable
parallel safe
security invoker
set search_path = pg_catalog, pg_temp
as $$
    with entries as (
        select l.*,
            coalesce(lag(l.entry_id) over w, 0) as before_id,
            coalesce(lag(l.balance) over w, 0) as before_balance,
            coalesce(lag(l.debt) over w, 0) as before_debt,
            lag(l.open_lot_id) over w as before_open_lot_id,
            coalesce(lag(l.open_lot_remaining) over w, 0) as before_open_lot_remaining,
            lag(l.command_id) over w as before_command_id,
            lag(l.created_at) over w as before_created_at,
            s.total,
            s.to_debt
        from credits_private.ledger l
        left join lateral (
            select coalesce(sum(x.amount), 0) as total,
                coalesce(sum(x.amount) filter (where x.lot_id = 0), 0) as to_debt
            from credits_private.parts_of(l.allocations) as x
        ) as s on l.allocations is not null
        where l.account_id = p_account_id
        window w as (order by l.entry_id)
    ),
    refunds as (
        select f.about_entry_id as entry_id, sum(f.amount) as refunded
        from credits_private.ledger f
        where f.account_id = p_account_id and f.kind = 'refund'
        group by f.about_entry_id
    )
    select p_account_id, c.violation, e.entry_id, null::bigint, c.expected, c.actual
    from entries e
    left join refunds f on f.entry_id = e.entry_id
    cross join lateral (values
        ('entry number has a gap', e.entry_id = e.before_id + 1,
            (e.before_id + 1)::text, e.entry_id::text),
        ('balance does not follow from the entry before', e.balance = e.before_balance + e.amount,
            (e.before_balance + e.amount)::text, e.balance::text),
        ('debt does not follow from the entry before',
            e.debt = e.before_debt - coalesce(e.to_debt, 0),
            (e.before_debt - coalesce(e.to_debt, 0))::text, e.debt::text),
        ('debt or open lot is negative', e.debt >= 0 and e.open_lot_remaining >= 0,
            '0', least(e.debt, e.open_lot_remaining)::text),
        ('amount is not the sum of the allocations', e.total is null or e.amount = e.total,
            e.total::text, e.amount::text),
        ('only a spend from the open lot goes without allocations',
            e.allocations is not null or (
                e.kind = 'spend' and e.amount < 0
                and e.open_lot_id is not distinct from e.before_open_lot_id
                and e.open_lot_remaining = e.before_open_lot_remaining + e.amount
            ),
            e.before_open_lot_id || ': ' || e.before_open_lot_remaining + e.amount,
            e.open_lot_id || ': ' || e.open_lot_remaining),
        ('date runs backwards', e.before_created_at is null or e.created_at >= e.before_created_at,
            e.before_created_at::text, e.created_at::text),
        ('date of effect lies after the booking', e.occurred_at <= e.created_at,
            e.created_at::text, e.occurred_at::text),
        ('command is neither new nor that of the entry before',
            e.command_id = e.entry_id or e.command_id is not distinct from e.before_command_id,
            e.before_command_id::text, e.command_id::text),
        ('only the first entry of a command carries its key',
            e.idempotency_key is null or e.command_id = e.entry_id,
            e.entry_id::text, e.command_id::text),
        ('refunds exceed the spend', f.refunded is null or f.refunded <= -e.amount,
            (-e.amount)::text, f.refunded::text),
        ('refund is not about a spend or capture',
            f.refunded is null or e.kind in ('spend', 'capture'),
            'spend or capture', e.kind),
        ('entry ought to be about another one, or not',
            (e.kind in ('refund', 'capture', 'release', 'extend')) = (e.about_entry_id is not null),
            case when e.about_entry_id is null then 'an entry' else 'none' end,
            e.about_entry_id::text),
        ('entry ought to name another account, or not',
            (e.kind in ('transfer', 'merge')) = (e.other_account_id is not null),
            case when e.other_account_id is null then 'an account' else 'none' end,
            e.other_account_id),
        ('kind does not move credits this way',
            case
                when e.kind in (
                    'open', 'freeze', 'unfreeze', 'close', 'erase', 'cap', 'subscription',
                    'rollover', 'settle', 'extend', 'repair'
                ) then e.amount = 0
                when e.kind = 'spend' then
                    e.amount < 0 or e.amount = 0 and e.request ? 'rate_card'
                when e.kind in ('hold', 'capture') then e.amount < 0
                when e.kind in ('expire', 'clawback') then e.amount <= 0
                when e.kind in ('grant', 'refund') then e.amount > 0
                when e.kind in ('restore', 'release') then e.amount >= 0
                when e.kind = 'transfer' then e.amount <> 0
                when e.kind in ('adjust', 'merge') then true
            end,
            e.kind, e.amount::text)
    ) as c (violation, holds, expected, actual)
    where c.holds is not true
    order by e.entry_id
$$;
