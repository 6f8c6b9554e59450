-- What a seal of this version says about an entry, byte for byte the same whatever the settings of
-- the session: a JSON array as jsonb writes it, in UTF-8. Instants are seconds since 1970 with six
-- decimals, of the metadata there is its digest. A column that is new gets a new version: what is
-- sealed already stays as it was sealed.
create or replace function credits_private.entry_bytes(
    p_version integer,
    p_entry credits_private.ledger,
    p_metadata_digest bytea
)
returns bytea
language sql
stable
parallel safe
security invoker
as $$
    select case p_version
        when 1 then pg_catalog.convert_to(
            pg_catalog.jsonb_build_array(
                1, p_entry.account_id, p_entry.entry_id, p_entry.command_id, p_entry.kind,
                p_entry.amount, p_entry.balance, p_entry.debt,
                p_entry.open_lot_id, p_entry.open_lot_remaining,
                (extract(epoch from p_entry.next_event_at))::text,
                p_entry.allocations, p_entry.about_entry_id, p_entry.other_account_id,
                p_entry.other_entry_id, p_entry.feature, p_entry.member, p_entry.reference,
                p_entry.idempotency_key, p_entry.request,
                pg_catalog.encode(p_metadata_digest, 'hex'), p_entry.actor,
                (extract(epoch from p_entry.created_at))::text,
                (extract(epoch from p_entry.occurred_at))::text
            )::text,
            'UTF8'
        )
    end
$$;
