-- Seals the entries of an account that are not sealed yet, at most p_limit of them, and returns how
-- many. Only what this transaction can see is sealed, and nothing behind a missing number.
-- Where entries are also sealed in their own transactions, p_at_once says so: then the chain is
-- locked, and null is the answer if somebody else has it. Nobody ever waits.
create or replace function credits_private.seal_entries(
    p_account_id text,
    p_limit bigint,
    p_at_once boolean
)
returns bigint
language plpgsql
volatile
parallel unsafe
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_head bigint;
    v_hash bytea;
    v_hashes bytea[] := array[]::bytea[];
    v_digests bytea[] := array[]::bytea[];
    r_entry record;
begin
    v_head := credits_private.sealed_entry(p_account_id);
    if not exists (
        select from credits_private.ledger l
        where l.account_id = p_account_id and l.entry_id = v_head + 1
    ) then
        return 0;
    end if;
    if p_at_once then
        if not credits_private.try_lock_chain(p_account_id) then
            return null;
        end if;
        v_head := credits_private.sealed_entry(p_account_id);
    end if;

    select s.hash into v_hash
    from credits_private.seals s
    where s.account_id = p_account_id and s.entry_id = v_head;
    for r_entry in
        select l.entry_id, d.metadata_digest,
            credits_private.entry_bytes(1, l, d.metadata_digest) as bytes
        from credits_private.ledger l
        cross join lateral (
            select credits_private.metadata_digest(l.metadata) as metadata_digest
        ) as d
        where l.account_id = p_account_id and l.entry_id > v_head
        order by l.entry_id
        limit p_limit
    loop
        exit when r_entry.entry_id <> v_head + cardinality(v_hashes) + 1;
        v_hash := sha256(coalesce(v_hash, '') || r_entry.bytes);
        v_hashes := v_hashes || v_hash;
        v_digests := v_digests || r_entry.metadata_digest;
    end loop;

    insert into credits_private.seals (account_id, entry_id, version, hash, metadata_digest)
    select p_account_id, v_head + u.number, 1, u.hash, u.metadata_digest
    from unnest(v_hashes, v_digests) with ordinality as u (hash, metadata_digest, number)
    on conflict do nothing;
    return cardinality(v_hashes)::bigint;
end
$$;
