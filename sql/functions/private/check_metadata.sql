-- Refuses metadata that is no object or too large; null passes as "not given".
create or replace function credits_private.check_metadata(p_argument text, p_metadata jsonb)
returns void
language plpgsql
stable
parallel safe
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
    perform credits_private.check_argument(
        p_argument,
        p_metadata is null or (
            jsonb_typeof(p_metadata) = 'object' and octet_length(p_metadata::text) <= 16384
        ),
        'null or a JSON object of at most 16384 bytes'
    );
end
$$;
