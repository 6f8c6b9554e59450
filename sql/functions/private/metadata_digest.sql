-- SHA-256 of the metadata of an entry as jsonb writes it, in UTF-8; null if there is none.
create or replace function credits_private.metadata_digest(p_metadata jsonb)
returns bytea
language sql
stable
parallel safe
security invoker
as $$
    select pg_catalog.sha256(pg_catalog.convert_to(p_metadata::text, 'UTF8'))
$$;
