-- Notes the status of a subscription, a whole locked step. past_due and paused hold its scheduled
-- grants up; active books what was held up as it should have been. Setting the status that it has
-- is recorded and changes nothing.
create or replace function credits_private.post_subscription_status(
    p_account_id text,
    p_subscription text,
    p_status text,
    p_reference text,
    p_idempotency_key text,
    p_metadata jsonb
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
    v_entry credits_private.ledger;
    v_receipt credits.receipt;
begin
    v_entry.kind := 'subscription';
    v_entry.reference := p_reference;
    v_entry.idempotency_key := p_idempotency_key;
    v_entry.request := jsonb_build_object('subscription', p_subscription, 'status', p_status);
    v_entry.metadata := p_metadata;

    v_state := credits_private.lock_account(p_account_id, p_create => false);
    v_receipt := credits_private.find_replay(p_account_id, p_idempotency_key, v_entry);
    if v_receipt.entry_id is not null then
        return v_receipt;
    end if;

    perform credits_private.check_known(v_state);
    perform credits_private.check_status(v_state, array['active', 'frozen']);
    v_state := credits_private.catch_up(v_state);
    perform credits_private.check_goes_on(
        v_state, credits_private.find_subscription(p_account_id, p_subscription, null)
    );
    v_state := credits_private.book(v_state, v_entry);
    update credits_private.subscriptions s
    set status = p_status
    where s.account_id = p_account_id and s.subscription = p_subscription;
    v_state := credits_private.schedule_grants(v_state, p_subscription);
    v_state := credits_private.book_schedule(v_state, p_on_their_own => false);
    v_state := credits_private.book_due(
        v_state, v_state.now, p_limit => null, p_on_their_own => false
    );
    v_state := credits_private.note_subscription(v_state, p_subscription);
    return credits_private.finish_command(v_state);
end
$$;
