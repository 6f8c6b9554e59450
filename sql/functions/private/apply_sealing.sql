-- Trigger function and trigger: lets the setting sealing take effect, by making or dropping the
-- trigger that seals at once. Waits until the batch that is being sealed is done, then for a lock
-- on the ledger.
create or replace function credits_private.apply_sealing()
returns trigger
language plpgsql
volatile
parallel unsafe
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
    update credits_private.sealing s
    set at_once = (new.value = 'at_once')
    where s.is_only;
    if new.value = 'at_once' then
        create or replace trigger ledger_is_sealed_at_once
        after insert on credits_private.ledger
        for each row execute function credits_private.seal_at_once();
    else
        drop trigger if exists ledger_is_sealed_at_once on credits_private.ledger;
    end if;
    return null;
end
$$;

create or replace trigger settings_apply_sealing
after update on credits_private.settings
for each row
when (new.setting = 'sealing' and new.value is distinct from old.value)
execute function credits_private.apply_sealing();
