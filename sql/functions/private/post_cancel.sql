-- Cancels a subscription at the end of its paid period or now, or takes a cancellation back, a
-- whole locked step. At the period's end its lots end without grace; now, they end now and nothing
-- more is granted. What has ended stays as it is.
create or replace function credits_private.post_cancel(
    p_account_id text,
    p_subscription text,
    p_when text,
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
    v_known credits_private.subscriptions;
begin
    v_entry.kind := 'subscription';
    v_entry.reference := p_reference;
    v_entry.idempotency_key := p_idempotency_key;
    v_entry.request := jsonb_build_object('subscription', p_subscription, 'cancel', p_when);
    v_entry.metadata := p_metadata;

    v_state := credits_private.lock_account(p_account_id, p_create => false);
    v_receipt := credits_private.find_replay(p_account_id, p_idempotency_key, v_entry);
    if v_receipt.entry_id is not null then
        return v_receipt;
    end if;

    perform credits_private.check_known(v_state);
    perform credits_private.check_status(v_state, array['active', 'frozen']);
    v_state := credits_private.catch_up(v_state);
    v_known := credits_private.find_subscription(p_account_id, p_subscription, null);
    v_state := credits_private.book(v_state, v_entry);
    if p_when = 'never' then
        perform credits_private.check_goes_on(v_state, v_known);
        update credits_private.subscriptions s
        set canceled_at = null, cancel_at_period_end = false
        where s.account_id = p_account_id and s.subscription = p_subscription;
        v_state := credits_private.end_lots_with_grace(v_state, p_subscription);
    elsif credits_private.subscription_end(v_known) > v_state.now then
        update credits_private.subscriptions s
        set canceled_at = case
                when p_when = 'period_end' then coalesce(s.canceled_at, v_state.now)
                else v_state.now
            end,
            cancel_at_period_end = p_when = 'period_end'
        where s.account_id = p_account_id and s.subscription = p_subscription;
        v_state := credits_private.end_lots_early(v_state, p_subscription, p_when);
    end if;
    v_state := credits_private.schedule_grants(v_state, p_subscription);
    v_state := credits_private.note_subscription(v_state, p_subscription);
    return credits_private.finish_command(v_state);
end
$$;
