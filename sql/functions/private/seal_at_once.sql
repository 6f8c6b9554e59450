-- Trigger function: seals an entry in its own transaction. Its trigger exists while the setting
-- sealing is at_once, see apply_sealing. Where earlier entries are not sealed yet, a few are sealed
-- with it; many, or those that a job is just sealing, are left to the job together with it. Waits
-- for nobody.
create or replace function credits_private.seal_at_once()
returns trigger
language plpgsql
volatile
parallel unsafe
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_head bigint;
    v_hash bytea;
    v_digest bytea;
begin
    select s.entry_id, s.hash into v_head, v_hash
    from credits_private.seals s
    where s.account_id = new.account_id
    order by s.entry_id desc
    limit 1;
    v_head := coalesce(v_head, 0);

    if v_head = new.entry_id - 1 then
        v_digest := credits_private.metadata_digest(new.metadata);
        insert into credits_private.seals (account_id, entry_id, version, hash, metadata_digest)
        values (
            new.account_id, new.entry_id, 1,
            sha256(coalesce(v_hash, '') || credits_private.entry_bytes(1, new, v_digest)), v_digest
        );
    elsif v_head between new.entry_id - 1000 and new.entry_id then
        perform credits_private.seal_entries(new.account_id, 1000, true);
    end if;
    return null;
end
$$;
