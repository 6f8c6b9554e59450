-- Writes what a subscription has become into the first entry of the running command.
create or replace function credits_private.note_subscription(
    p_state credits_private.account_state,
    p_subscription text
)
returns credits_private.account_state
language plpgsql
stable
parallel safe
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_state credits_private.account_state := p_state;
    v_first bigint := p_state.command_id - (p_state.entries[1]).entry_id + 1;
    v_entry credits_private.ledger := p_state.entries[v_first];
begin
    v_entry.request := coalesce(v_entry.request, '{}') || jsonb_build_object(
        'after',
        coalesce(v_entry.request -> 'after', '{}') || jsonb_build_object(
            p_subscription,
            credits_private.describe_subscription(p_state.account_id, p_subscription)
        )
    );
    v_state.entries[v_first] := v_entry;
    return v_state;
end
$$;
