-- Starts the trial of a subscription, a whole locked step. The same trial again is a replay; a
-- second one of the subscription, or under the same p_trial_key anywhere, is refused. The lot ends
-- exactly with the trial.
create or replace function credits_private.post_trial(
    p_account_id text,
    p_subscription text,
    p_item text,
    p_amount bigint,
    p_trial_end timestamptz,
    p_plan text,
    p_trial_key text,
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
    v_trial credits_private.ledger;
    v_receipt credits.receipt;
    v_known credits_private.subscriptions;
    v_lot credits_private.lots;
begin
    v_entry.kind := 'grant';
    v_entry.reference := p_reference;
    v_entry.idempotency_key := p_idempotency_key;
    v_entry.request := jsonb_strip_nulls(jsonb_build_object(
        'subscription', p_subscription, 'item', p_item, 'amount', p_amount,
        'trial_end', extract(epoch from p_trial_end), 'plan', p_plan, 'trial_key', p_trial_key
    ));
    v_entry.metadata := p_metadata;

    v_state := credits_private.lock_account(p_account_id, p_create => true);
    v_receipt := credits_private.find_replay(p_account_id, p_idempotency_key, v_entry);
    if v_receipt.entry_id is not null then
        return v_receipt;
    end if;
    select l.* into v_lot
    from credits_private.lots l
    where l.account_id = p_account_id and l.subscription = p_subscription and l.origin = 'trial'
    order by l.lot_id
    limit 1;
    if found then
        v_trial := credits_private.first_booking(p_account_id, v_lot.lot_id);
        if v_trial.request - 'after' = v_entry.request then
            return credits_private.receipt_of(v_trial.account_id, v_trial.command_id);
        end if;
        perform credits_private.fail(
            'trial_used',
            jsonb_build_object(
                'account_id', p_account_id, 'subscription', p_subscription, 'trial_end',
                v_lot.period_end
            )
        );
    end if;
    select s.* into v_known
    from credits_private.subscriptions s
    where s.account_id = p_account_id and s.subscription = p_subscription;
    if found then
        perform credits_private.fail(
            'invalid_state',
            jsonb_build_object(
                'account_id', p_account_id, 'subscription', p_subscription, 'status',
                v_known.status
            ),
            'The subscription has been paid already; a trial comes before that.'
        );
    end if;

    perform credits_private.check_status(v_state, array['active', 'frozen']);
    perform credits_private.check_argument(
        'p_trial_end', p_trial_end > v_state.now, 'an instant in the future'
    );
    perform credits_private.use_trial_key(p_account_id, p_subscription, p_trial_key);
    v_state := credits_private.catch_up(v_state);
    insert into credits_private.subscriptions (
        account_id, subscription, status, trial_end, created_at
    )
    values (
        p_account_id, p_subscription, 'trialing', p_trial_end,
        greatest(v_state.now, v_state.created_at)
    );
    insert into credits_private.subscription_items (
        account_id, subscription, item, plan, amount, rollover_cap, is_trial, period_start,
        period_end
    )
    values (
        p_account_id, p_subscription, p_item, p_plan, p_amount, 0, true, v_state.now, p_trial_end
    );

    v_lot := null;
    v_lot.pool := 'subscription';
    select p.priority into v_lot.priority from credits_private.pools p where p.pool = v_lot.pool;
    v_lot.granted := p_amount;
    v_lot.expires_at := p_trial_end;
    v_lot.origin := 'trial';
    v_lot.subscription := p_subscription;
    v_lot.item := p_item;
    v_lot.plan := p_plan;
    v_lot.period_start := v_state.now;
    v_lot.period_end := p_trial_end;
    v_lot.reference := p_reference;
    v_state := credits_private.book_lot(v_state, v_lot, v_entry);
    v_state := credits_private.settle_debt(v_state);
    v_state := credits_private.note_subscription(v_state, p_subscription);
    return credits_private.finish_command(v_state);
end
$$;
