-- Notes the state of an invoice; the newest event counts, within one second the state that is
-- further. One that granted credits and is void or uncollectible is marked for review: nothing is
-- taken back silently.
create or replace function credits_private.note_invoice(
    p_event credits_private.stripe_events,
    p_invoice jsonb
)
returns credits_private.stripe_invoices
language plpgsql
volatile
parallel unsafe
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_states constant text[] := array['draft', 'open', 'paid', 'uncollectible', 'void'];
    v_invoice credits_private.stripe_invoices;
begin
    perform credits_private.lock_stripe_objects(
        p_event, credits_private.stripe_object_ids(p_invoice),
        credits_private.stripe_subscription_points(p_event, p_invoice)
    );
    insert into credits_private.stripe_invoices as i (
        provider_account, livemode, invoice, subscription, customer, status, attempts,
        next_attempt_at, event_at
    )
    values (
        p_event.provider_account,
        p_event.livemode,
        p_invoice ->> 'id',
        credits_private.invoice_subscription(p_invoice, p_invoice #> '{lines,data,0}'),
        credits_private.stripe_id(p_invoice -> 'customer'),
        coalesce(
            p_invoice ->> 'status',
            case when p_invoice ->> 'paid' = 'true' then 'paid' else 'open' end
        ),
        coalesce((p_invoice ->> 'attempt_count')::bigint, 0),
        to_timestamp((p_invoice ->> 'next_payment_attempt')::bigint),
        p_event.created_at
    )
    on conflict (invoice, livemode, provider_account) do update
    set subscription = coalesce(i.subscription, excluded.subscription),
        customer = coalesce(i.customer, excluded.customer),
        attempts = greatest(i.attempts, excluded.attempts),
        next_attempt_at = case
            when excluded.event_at > i.event_at then excluded.next_attempt_at
            when excluded.event_at < i.event_at then i.next_attempt_at
            else greatest(i.next_attempt_at, excluded.next_attempt_at)
        end,
        status = case
            when (excluded.event_at, coalesce(array_position(v_states, excluded.status), 0))
                > (i.event_at, coalesce(array_position(v_states, i.status), 0))
                then excluded.status
            else i.status
        end,
        event_at = greatest(i.event_at, excluded.event_at)
    returning i.* into v_invoice;

    if v_invoice.status in ('void', 'uncollectible') and not v_invoice.needs_review then
        update credits_private.stripe_invoices i
        set needs_review = true
        where i.invoice = v_invoice.invoice
            and i.livemode = v_invoice.livemode
            and i.provider_account = v_invoice.provider_account
            and exists (
                select
                from credits_private.payment_refs r
                where r.object_id = i.invoice
                    and r.provider = 'stripe'
                    and r.livemode = i.livemode
                    and r.provider_account = i.provider_account
            )
        returning i.* into v_invoice;
    end if;
    return v_invoice;
end
$$;
