-- Grants a purchase that was parked because nobody knew whose it is, to this account. Locks the
-- event, then what it is about. Claiming it again for the same account is a duplicate. Raises
-- invalid_argument, stripe_event_not_found, invalid_state. For credits_service and credits_admin.
create or replace function credits.claim_payment(
    p_account_id text,
    p_event_id text,
    p_provider_account text default ''
)
returns credits.stripe_outcome
language plpgsql
volatile
parallel unsafe
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_event credits_private.stripe_events;
begin
    perform credits_private.check_account_id(p_account_id);
    v_event := credits_private.lock_stripe_event(p_event_id, p_provider_account);
    if v_event.outcome = 'applied' and v_event.account_id = p_account_id then
        v_event.outcome := 'duplicate';
        return credits_private.describe_stripe_event(v_event);
    elsif v_event.outcome not in ('parked', 'failed')
        or v_event.event_type !~ '^(checkout|payment_intent|invoice)[.]'
        or coalesce(v_event.claimed_for, p_account_id) <> p_account_id
    then
        perform credits_private.fail(
            'invalid_state',
            jsonb_build_object(
                'event_id', v_event.event_id, 'outcome', v_event.outcome,
                'account_id', coalesce(v_event.claimed_for, v_event.account_id)
            ),
            'Only a purchase that is still parked can be claimed, and by one account.'
        );
    end if;
    v_event.claimed_for := p_account_id;
    update credits_private.stripe_events e
    set claimed_for = p_account_id
    where e.provider_account = v_event.provider_account and e.event_id = v_event.event_id;
    return credits_private.describe_stripe_event(credits_private.try_stripe_event(v_event));
end
$$;

comment on function credits.claim_payment(text, text, text) is
'Grants a purchase of Stripe, parked because its buyer is unknown, to an account: once.

p_event_id is the parked event; list_stripe_events shows it. To tie all purchases of a customer to
an account there is link_customer.';
