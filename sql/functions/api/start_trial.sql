-- Starts the trial of a subscription that nobody has paid for yet: credits until exactly its end.
-- Locks the account row; opens an unknown account. The same trial again is a replay. Raises
-- invalid_argument, trial_used, invalid_state, idempotency_conflict, account_closed,
-- balance_limit. For credits_service.
create or replace function credits.start_trial(
    p_account_id text,
    p_subscription text,
    p_amount bigint,
    p_trial_end timestamptz,
    p_item text default null,
    p_plan text default null,
    p_trial_key text default null,
    p_reference text default null,
    p_idempotency_key text default null,
    p_metadata jsonb default null
)
returns credits.receipt
language plpgsql
volatile
parallel unsafe
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
    perform credits_private.check_account_id(p_account_id);
    perform credits_private.check_argument(
        'p_subscription', length(p_subscription) between 1 and 127, '1 to 127 characters'
    );
    perform credits_private.check_amount('p_amount', p_amount);
    perform credits_private.check_argument(
        'p_trial_end', p_trial_end is not null, 'an instant in the years 1970 to 8999'
    );
    perform credits_private.check_instant('p_trial_end', p_trial_end);
    perform credits_private.check_text('p_item', p_item, 127);
    perform credits_private.check_text('p_plan', p_plan, 127);
    perform credits_private.check_text('p_trial_key', p_trial_key);
    perform credits_private.check_tail(p_reference, p_idempotency_key, p_metadata);
    return credits_private.post_trial(
        p_account_id, p_subscription, coalesce(p_item, ''), p_amount, p_trial_end, p_plan,
        p_trial_key, p_reference, p_idempotency_key, p_metadata
    );
end
$$;

comment on function credits.start_trial(
    text, text, bigint, timestamptz, text, text, text, text, text, jsonb
) is
'Starts the trial of a subscription: p_amount credits that end exactly at p_trial_end, without
grace. The first paid period (renew_subscription) ends what is left of them and grants its own
credits in full.

Once per subscription; p_trial_key (the hash of a card or of an address, say) makes it once per key
over all accounts, also those that come later.';
