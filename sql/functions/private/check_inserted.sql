-- Raises internal_error when a row that had to be new was there. A lost race never gets here: in
-- stricter isolation PostgreSQL raises 40001 for `on conflict do nothing` by itself.
create or replace function credits_private.check_inserted(
    p_inserted boolean,
    p_account_id text,
    p_entry_id bigint
)
returns void
language plpgsql
stable
parallel safe
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
    if not p_inserted then
        perform credits_private.fail(
            'internal_error',
            jsonb_build_object('account_id', p_account_id, 'entry_id', p_entry_id)
        );
    end if;
end
$$;
