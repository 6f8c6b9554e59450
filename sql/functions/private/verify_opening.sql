-- Violations between an account and the beginning of its ledger: an account is made by a command,
-- and every command writes an entry.
create or replace function credits_private.verify_opening(p_account_id text)
returns setof credits.finding
language sql
stable
parallel safe
security invoker
set search_path = pg_catalog, pg_temp
as $$
    select p_account_id, c.violation, c.entry_id, null::bigint, c.expected, c.actual
    from credits_private.accounts a
    left join credits_private.ledger o
        on o.account_id = p_account_id and o.entry_id = a.open_entry_id
    cross join lateral (
        select exists (
            select from credits_private.ledger l where l.account_id = p_account_id
        ) as has_entries
    ) as e
    cross join lateral (values
        ('account has no entries', e.has_entries, null::bigint, 'an entry', 'none'),
        ('entry that opened the account is not there',
            a.open_entry_id is null or o.kind is not distinct from 'open',
            a.open_entry_id, 'open', coalesce(o.kind, 'none'))
    ) as c (violation, holds, entry_id, expected, actual)
    where a.account_id = p_account_id and c.holds is not true
$$;
