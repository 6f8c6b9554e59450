-- Trigger function and triggers: nobody changes or removes a ledger entry, the owner included. The
-- one change that passes takes the metadata away and leaves every other byte as it is.
create or replace function credits_private.ledger_is_append_only()
returns trigger
language plpgsql
stable
parallel safe
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
    if tg_level = 'ROW' then
        if old.metadata is not null then
            old.metadata := null;
            if new *= old then
                return new;
            end if;
        end if;
    end if;
    perform credits_private.fail(
        'append_only', jsonb_build_object('table', tg_table_name, 'operation', tg_op)
    );
    return null;
end
$$;

create or replace trigger ledger_is_append_only
before delete or truncate on credits_private.ledger
for each statement execute function credits_private.ledger_is_append_only();

create or replace trigger ledger_entries_stay
before update on credits_private.ledger
for each row execute function credits_private.ledger_is_append_only();
