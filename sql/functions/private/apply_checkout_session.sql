-- A completed checkout in payment mode grants the credits that our own server froze in its
-- metadata (credits_frozen=1, credits, account), once it is paid.
create or replace function credits_private.apply_checkout_session(
    p_event credits_private.stripe_events,
    p_session jsonb
)
returns credits_private.stripe_result
language plpgsql
volatile
parallel unsafe
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_metadata jsonb := p_session -> 'metadata';
    v_account_id text := coalesce(
        nullif(v_metadata ->> 'account', ''), nullif(p_session ->> 'client_reference_id', '')
    );
    v_grant credits_private.grant_order;
begin
    if p_session ->> 'mode' is distinct from 'payment' then
        return credits_private.stripe_result(
            'ignored', 'credits of a subscription come with its invoices'
        );
    elsif v_metadata ->> 'credits_frozen' is distinct from '1' then
        return credits_private.stripe_result('ignored', 'metadata has no credits_frozen=1');
    elsif coalesce(p_session ->> 'payment_status', '') not in ('paid', 'no_payment_required') then
        return credits_private.stripe_result('ignored', 'not paid yet');
    elsif credits_private.stripe_id(p_session -> 'id') is null
        or p_session ->> 'amount_total' is null
        or p_session ->> 'currency' is null
    then
        return credits_private.stripe_result(
            'parked', 'the session lacks its id, amount or currency', 'operator'
        );
    elsif (p_session ->> 'amount_total')::bigint = 0
        and credits_private.setting('free_purchases') = 'ignore'
    then
        return credits_private.stripe_result(
            'ignored', 'nothing was paid, and free_purchases is ignore'
        );
    elsif coalesce(v_metadata ->> 'credits' ~ '^[1-9][0-9]{0,14}$', false) is false then
        return credits_private.stripe_result(
            'parked', 'metadata credits is not a whole number', 'operator'
        );
    elsif (length(v_account_id) <= 255) is not true then
        return credits_private.stripe_result(
            'parked', 'no legal account in metadata or client_reference_id', 'operator'
        );
    end if;

    v_grant.pool := 'purchased';
    v_grant.amount := (v_metadata ->> 'credits')::bigint;
    return credits_private.record_stripe_payment(
        p_event,
        v_account_id,
        array[credits_private.stripe_id(p_session -> 'payment_intent'), p_session ->> 'id'],
        (p_session ->> 'amount_total')::bigint,
        p_session ->> 'currency',
        array[v_grant]
    );
end
$$;
