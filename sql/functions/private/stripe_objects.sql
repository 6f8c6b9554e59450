-- What is kept of objects of Stripe: those that are named, or (null) those that somebody has to
-- look at. names are ids under which their payment may be known.
create or replace function credits_private.stripe_objects(
    p_event credits_private.stripe_events,
    p_object_ids jsonb
)
returns table (
    provider_account text,
    object_id text,
    kind text,
    state text,
    amount bigint,
    needs_review boolean,
    names text[]
)
language sql
stable
parallel safe
security invoker
set search_path = pg_catalog, pg_temp
as $$
    with wanted (ids) as (
        select array(select jsonb_array_elements_text(p_object_ids))
    ),
    found as (
        select c.provider_account, c.livemode, c.session as object_id, 'checkout_session' as kind,
            c.state, null::bigint as amount, false as needs_review, array[c.session] as names
        from wanted w
        join credits_private.stripe_checkouts c on c.session = any (w.ids)
        union all
        select i.provider_account, i.livemode, i.invoice, 'invoice', i.status, null,
            i.needs_review, array[i.invoice]
        from wanted w
        join credits_private.stripe_invoices i
            on i.invoice = any (w.ids) or p_object_ids is null and i.needs_review
        union all
        select r.provider_account, r.livemode, r.object_id, r.kind, null, null, false,
            array[r.object_id]
        from wanted w
        join credits_private.payment_refs r
            on r.object_id = any (w.ids) and r.provider = 'stripe'
            and r.kind in ('payment_intent', 'charge')
        union all
        select r.provider_account, r.livemode, r.refund, 'refund',
            coalesce(r.status, r.unknown_status), r.amount, r.unknown_status is not null,
            array[r.payment_intent, r.charge]
        from wanted w
        join credits_private.stripe_refunds r
            on r.refund = any (w.ids) or p_object_ids is null and r.unknown_status is not null
        union all
        select d.provider_account, d.livemode, d.dispute, 'dispute',
            coalesce(d.status, d.unknown_status), d.amount, d.unknown_status is not null,
            array[d.payment_intent, d.charge]
        from wanted w
        join credits_private.stripe_disputes d
            on d.dispute = any (w.ids) or p_object_ids is null and d.unknown_status is not null
        union all
        select p.provider_account, p.livemode, p.price, 'price', null, null, p.is_unsure, '{}'
        from credits_private.stripe_prices p
        where p_object_ids is null and p.is_unsure
        union all
        select p.provider_account, p.livemode, p.product, 'product', null, null, p.is_unsure, '{}'
        from credits_private.stripe_products p
        where p_object_ids is null and p.is_unsure
    )
    select f.provider_account, f.object_id, f.kind, f.state, f.amount, f.needs_review, f.names
    from found f
    where f.livemode = p_event.livemode and f.provider_account = p_event.provider_account
$$;
