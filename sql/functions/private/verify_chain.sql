-- Violations between the seals of one account and its ledger. Of entries that are gone the first of
-- each run is named. A changed entry breaks its own seal alone, because the next one is checked
-- against the hash that is recorded.
create or replace function credits_private.verify_chain(p_account_id text)
returns setof credits.finding
language sql
stable
parallel safe
security invoker
set search_path = pg_catalog, pg_temp
as $$
    with chain as (
        select s.entry_id, s.version, s.hash,
            lag(s.entry_id, 1, 0::bigint) over w as before_id,
            lag(s.hash, 1, ''::bytea) over w as before_hash,
            coalesce(lag(l.entry_id is null) over w, false) as before_is_gone,
            l.entry_id is null as is_gone,
            l as entry,
            coalesce(
                credits_private.metadata_digest(l.metadata), s.metadata_digest
            ) as metadata_digest
        from credits_private.seals s
        left join credits_private.ledger l
            on l.account_id = p_account_id and l.entry_id = s.entry_id
        where s.account_id = p_account_id
        window w as (order by s.entry_id)
    )
    select p_account_id, v.violation, v.entry_id, null::bigint, v.expected, v.actual
    from chain c
    cross join lateral (
        select case when not c.is_gone then encode(
            sha256(
                c.before_hash
                || credits_private.entry_bytes(c.version, c.entry, c.metadata_digest)
            ),
            'hex'
        ) end as hash
    ) as found
    cross join lateral (values
        ('seal is missing', c.before_id + 1, c.entry_id = c.before_id + 1, 'a seal', 'none'),
        ('sealed entry is gone', c.entry_id, not c.is_gone or c.before_is_gone,
            'entry with seal ' || encode(c.hash, 'hex'), 'none'),
        ('entry is not what was sealed', c.entry_id,
            c.is_gone or c.entry_id <> c.before_id + 1 or found.hash = encode(c.hash, 'hex'),
            encode(c.hash, 'hex'), found.hash)
    ) as v (violation, entry_id, holds, expected, actual)
    where v.holds is not true
    order by v.entry_id
$$;
