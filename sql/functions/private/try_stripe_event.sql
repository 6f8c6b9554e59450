-- Applies a stored event in a subtransaction and notes the outcome. Errors of our own, of data and
-- of constraints are permanent: they undo the effect and are kept with the event. All others
-- (locks, serialization, resources, cancellation) pass through, so that the event is delivered
-- again. A failed event is due again after a gap that doubles with each attempt, a day at most,
-- until the setting stripe_attempts is reached.
create or replace function credits_private.try_stripe_event(p_event credits_private.stripe_events)
returns credits_private.stripe_events
language plpgsql
volatile
parallel unsafe
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_event credits_private.stripe_events := p_event;
    v_result credits_private.stripe_result;
    v_sqlstate text;
    v_message text;
    v_detail text;
begin
    begin
        v_result := credits_private.apply_stripe_event(p_event);
    exception
        when sqlstate 'PT000' or data_exception or integrity_constraint_violation
            or syntax_error_or_access_rule_violation or plpgsql_error or cardinality_violation
        then
            get stacked diagnostics
                v_sqlstate := returned_sqlstate,
                v_message := message_text,
                v_detail := pg_exception_detail;
            v_result := null;
            v_result.outcome := 'failed';
            v_result.reason := v_sqlstate || ' ' || v_message || coalesce(
                ' ' || nullif(v_detail, ''), ''
            );
            if v_sqlstate = 'PT409' and v_detail::jsonb ->> 'code' = 'account_closed' then
                v_result.outcome := 'parked';
                v_result.waits_for := 'account:' || (v_detail::jsonb ->> 'account_id');
            end if;
    end;

    v_event.outcome := v_result.outcome;
    v_event.reason := v_result.reason;
    v_event.waits_for := v_result.waits_for;
    v_event.account_id := v_result.account_id;
    v_event.applied_at := credits_private.clock();
    v_event.attempts := p_event.attempts + 1;
    v_event.retry_at := null;
    if v_event.outcome = 'failed'
        and v_event.attempts < credits_private.setting('stripe_attempts')::integer
    then
        v_event.retry_at := v_event.applied_at
            + least(interval '1 minute' * 2 ^ least(v_event.attempts, 20), interval '24 hours');
    end if;
    update credits_private.stripe_events e
    set outcome = v_event.outcome,
        reason = v_event.reason,
        waits_for = v_event.waits_for,
        account_id = v_event.account_id,
        attempts = v_event.attempts,
        retry_at = v_event.retry_at,
        applied_at = v_event.applied_at
    where e.provider_account = v_event.provider_account and e.event_id = v_event.event_id;
    return v_event;
end
$$;
