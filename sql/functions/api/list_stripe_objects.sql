-- What is known of these sessions, invoices, payment intents, charges, refunds and disputes (at
-- most 1000), and of the payments that they belong to; an id that nobody told of has no row.
-- Without ids: what somebody has to look at. Locks nothing. Raises invalid_argument.
-- For credits_service, credits_admin and credits_reader.
create or replace function credits.list_stripe_objects(
    p_object_ids jsonb default null,
    p_livemode boolean default true,
    p_provider_account text default ''
)
returns setof credits.stripe_object
language plpgsql
stable
parallel safe
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_event credits_private.stripe_events;
begin
    perform credits_private.check_argument(
        'p_object_ids',
        case jsonb_typeof(coalesce(p_object_ids, '[]'))
            when 'array' then
                jsonb_array_length(coalesce(p_object_ids, '[]')) <= 1000
                and not coalesce(p_object_ids, '[]') @? '$[*] ? (@.type() != "string")'
        end,
        'null or an array of at most 1000 ids of objects of Stripe'
    );
    v_event.livemode := coalesce(p_livemode, true);
    v_event.provider_account := coalesce(p_provider_account, '');
    return query
    select o.provider_account, o.object_id, o.kind, o.state, coalesce(o.amount, p.amount_paid),
        o.needs_review, r.account_id, p.granted, p.target, p.amount_returned
    from credits_private.stripe_objects(v_event, p_object_ids) as o
    left join lateral credits_private.find_stripe_payment(v_event, o.names) as r on true
    left join credits_private.payments p
        on p.account_id = r.account_id and p.payment_id = r.payment_id
    order by o.object_id, o.kind
    limit 1000;
end
$$;

comment on function credits.list_stripe_objects(jsonb, boolean, text) is
'What is known of objects of Stripe, and what their payments granted; without ids those that
somebody has to look at.

state is the status as told last. needs_review marks an invoice that granted credits and is void
or uncollectible now, a refund or dispute in a state that is not known, and a product or price
whose last two events could not be put in order.';
