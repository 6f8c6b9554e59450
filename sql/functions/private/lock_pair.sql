-- Locks two accounts in the order of their ids and returns their states in the order given, at one
-- instant. The second one is opened where nobody knows it, the first one with p_create.
create or replace function credits_private.lock_pair(
    p_first text,
    p_second text,
    p_create boolean
)
returns credits_private.account_state[]
language plpgsql
volatile
parallel unsafe
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_first credits_private.account_state;
    v_second credits_private.account_state;
begin
    if p_first collate "C" < p_second then
        v_first := credits_private.lock_account(p_first, p_create);
        v_second := credits_private.lock_account(p_second, p_create => true);
        v_first.now := v_second.now;
    else
        v_second := credits_private.lock_account(p_second, p_create => true);
        v_first := credits_private.lock_account(p_first, p_create);
        v_second.now := v_first.now;
    end if;
    return array[v_first, v_second];
end
$$;
