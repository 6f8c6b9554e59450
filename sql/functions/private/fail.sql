-- Raises an error of the registry: SQLSTATE and constant message by code, DETAIL a JSON object
-- of the code and p_values, HINT from the registry unless p_hint is given. Never returns.
create or replace function credits_private.fail(
    p_code text,
    p_values jsonb default '{}',
    p_hint text default null
)
returns void
language plpgsql
stable
parallel safe
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_sqlstate text;
    v_message text;
    v_hint text;
begin
    select r.sqlstate, r.message, r.hint into strict v_sqlstate, v_message, v_hint
    from (values
        ('invalid_argument', 'PT400', 'invalid argument',
            'Correct the argument that DETAIL names and call again.'),
        ('same_account', 'PT400', 'both accounts are the same',
            'Name two accounts.'),
        ('not_signed_in', 'PT401', 'not signed in',
            'Send the access token of a user; DETAIL says what was missing.'),
        ('insufficient_credits', 'PT402', 'insufficient credits',
            'Ask for less, or let the account buy credits and call again.'),
        ('in_debt', 'PT402', 'account is in debt',
            'Credits that were spent have been taken back; the next paid credits settle the debt.'),
        ('account_frozen', 'PT403', 'account is frozen',
            'An administrator has to unfreeze the account.'),
        ('limit_reached', 'PT403', 'limit reached',
            'Ask for at most what is left, wait until resets_at, or have the limit raised.'),
        ('append_only', 'PT403', 'ledger is append-only',
            'Book a new entry through the API instead of changing an old one.'),
        ('account_not_found', 'PT404', 'account not found',
            'Open the account or grant credits to it first.'),
        ('entry_not_found', 'PT404', 'entry not found',
            'Look the entry up with list_entries.'),
        ('hold_not_found', 'PT404', 'hold not found',
            'Name a hold of this account; list_holds shows them.'),
        ('subscription_not_found', 'PT404', 'subscription not found',
            'Start it with its first period or its trial; list_subscriptions shows what is known.'),
        ('payment_not_found', 'PT404', 'payment not found',
            'Record the payment first, or name it as it was recorded.'),
        ('feature_not_found', 'PT404', 'feature not found',
            'Name a feature that DETAIL allows, or define it.'),
        ('stripe_event_not_found', 'PT404', 'stripe event not found',
            'Look the event up with list_stripe_events.'),
        ('account_closed', 'PT409', 'account is closed',
            'A closed account takes no credits; use another account.'),
        ('account_merged', 'PT409', 'account was merged into another one',
            'Call again with the account that DETAIL calls merged_into.'),
        ('account_not_empty', 'PT409', 'account still has credits',
            'Let them be spent, or close with p_if_credits forfeit.'),
        ('holds_open', 'PT409', 'account has open holds',
            'Capture or release them, or merge with p_if_holds release.'),
        ('subscription_ended', 'PT409', 'subscription has ended',
            'A new paid period begins it again.'),
        ('trial_used', 'PT409', 'trial was used before',
            'One subscription, and one p_trial_key, has one trial.'),
        ('hold_closed', 'PT409', 'hold is closed',
            'It was captured or released before; nothing more comes of it.'),
        ('idempotency_conflict', 'PT409',
            'idempotency key or payment already used for another request',
            'Repeat the first request unchanged, or choose a new key.'),
        ('feature_inactive', 'PT409', 'feature cannot be used now',
            'Switch the feature on, or set a rate card that counts by now.'),
        ('invalid_state', 'PT409', 'not possible in this state',
            'Read the current state and decide again.'),
        ('not_repairable', 'PT409', 'account cannot be repaired from its entries',
            'Bring back the row that DETAIL names from a backup.'),
        ('hold_expired', 'PT410', 'hold has expired',
            'Its credits went back at the deadline: spend what the work cost, and extend holds in '
            'time.'),
        ('balance_limit', 'PT422', 'balance limit exceeded',
            'An account holds at most 9007199254740991 credits.'),
        ('refund_exceeds_spend', 'PT422', 'refund exceeds the spend',
            'Refund at most what DETAIL calls refundable.'),
        ('scan_limit', 'PT422', 'nothing found within the scan limit',
            'Go on with what DETAIL calls before, or narrow the time.'),
        ('internal_error', 'PT500', 'internal error',
            'This is a defect of pgcredits: run verify and report it.')
    ) as r (code, sqlstate, message, hint)
    where r.code = p_code;

    raise exception using
        errcode = v_sqlstate,
        message = v_message,
        detail = (jsonb_build_object('code', p_code) || coalesce(p_values, '{}'))::text,
        hint = coalesce(p_hint, v_hint);
end
$$;
