-- Trigger function and triggers: nobody changes or removes a ledger entry, the owner included.
create or replace function credits_private.ledger_is_append_only()
returns trigger
language plpgsql
stable
parallel safe
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
    perform credits_private.fail(
        'append_only', jsonb_build_object('table', tg_table_name, 'operation', tg_op)
    );
    return null;
end
$$;

create or replace trigger ledger_is_append_only
before update or delete or truncate on credits_private.ledger
for each statement execute function credits_private.ledger_is_append_only();
