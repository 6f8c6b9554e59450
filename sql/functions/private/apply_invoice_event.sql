-- Any event about an invoice: what is paid grants, and the state is noted. The subscription that it
-- bills is brought in line with both.
create or replace function credits_private.apply_invoice_event(
    p_event credits_private.stripe_events,
    p_invoice jsonb
)
returns credits_private.stripe_result
language plpgsql
volatile
parallel unsafe
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_result credits_private.stripe_result;
    v_invoice credits_private.stripe_invoices;
begin
    if p_event.event_type in ('invoice.paid', 'invoice.payment_succeeded') then
        v_result := credits_private.apply_invoice(p_event, p_invoice);
    else
        v_result := credits_private.stripe_result(
            'applied', 'the state of the invoice is noted; only a paid one grants'
        );
    end if;
    if credits_private.stripe_id(p_invoice -> 'id') is null then
        if v_result.outcome = 'applied' then
            return credits_private.stripe_result('ignored', 'the invoice has no id');
        end if;
        return v_result;
    end if;
    v_invoice := credits_private.note_invoice(p_event, p_invoice);
    if v_invoice.subscription is not null then
        perform credits_private.follow_stripe_subscription(p_event, v_invoice.subscription);
    end if;
    if v_invoice.needs_review then
        v_result.reason := 'the invoice has granted credits and is ' || v_invoice.status
            || ': decide whether to take them back';
    end if;
    return v_result;
end
$$;
