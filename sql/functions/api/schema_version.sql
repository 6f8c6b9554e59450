-- Which code is installed: the newest migration and one checksum over all applied files.
-- Locks nothing. For every role of pgcredits but credits_user.
create or replace function credits.schema_version()
returns credits.schema_version
language plpgsql
stable
parallel safe
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_version credits.schema_version;
begin
    select max(m.id) filter (where m.kind in ('versioned', 'baseline')),
        encode(sha256(convert_to(
            coalesce(
                string_agg(m.id || ':' || m.checksum || E'\n', '' order by m.id collate "C"), ''
            ),
            'UTF8'
        )), 'hex')
    into v_version.migration, v_version.checksum
    from credits_private.schema_migrations m;
    return v_version;
end
$$;

comment on function credits.schema_version() is
'Newest migration and a SHA-256 over all applied files; a program compares it with its own.';
