-- Credits that refunds have given back of a spend or capture, or releases of a hold (what a capture
-- took at the same moment is not given back); null for other entries.
create or replace function credits_private.given_back(
    p_account_id text,
    p_entry credits_private.ledger
)
returns bigint
language sql
stable
parallel safe
security invoker
as $$
    select case
        when p_entry.kind in ('spend', 'capture') then s.refunded
        when p_entry.kind = 'hold' then s.released - least(s.captured, -p_entry.amount)
    end
    from (
        select
            coalesce(pg_catalog.sum(l.amount) filter (where l.kind = 'refund'), 0)::bigint
                as refunded,
            coalesce(pg_catalog.sum(l.amount) filter (where l.kind = 'release'), 0)::bigint
                as released,
            coalesce(-pg_catalog.sum(l.amount) filter (where l.kind = 'capture'), 0)::bigint
                as captured
        from credits_private.ledger l
        where l.account_id = p_account_id
            and l.about_entry_id = p_entry.entry_id
            and l.allocations is not null
    ) as s
$$;
