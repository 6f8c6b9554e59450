-- Takes p_amount credits out of their lots into a hold, which p_entry describes, and finishes the
-- command. p_expires_in null: the setting hold_time.
create or replace function credits_private.take_hold(
    p_state credits_private.account_state,
    p_entry credits_private.ledger,
    p_amount bigint,
    p_expires_in interval
)
returns credits.receipt
language plpgsql
volatile
parallel unsafe
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_state credits_private.account_state;
    v_entry credits_private.ledger := p_entry;
    v_expires_at timestamptz;
begin
    v_state := credits_private.admit_spend(p_state, p_amount, p_entry.member);
    v_entry.allocations := credits_private.take_credits(v_state.account_id, p_amount);
    v_state := credits_private.book(v_state, v_entry);
    v_expires_at := v_state.now + coalesce(
        credits_private.exact_interval(p_expires_in), credits_private.setting_interval('hold_time')
    );
    v_state.next_event_at := least(v_state.next_event_at, v_expires_at);
    insert into credits_private.holds (account_id, hold_id, amount, expires_at)
    values (v_state.account_id, v_state.entry_id, p_amount, v_expires_at)
    on conflict do nothing;
    perform credits_private.check_inserted(found, v_state.account_id, v_state.entry_id);
    return credits_private.finish_command(v_state);
end
$$;
