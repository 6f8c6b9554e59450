-- Ids of the payment that an object of Stripe names, in any API version, the surest name first.
-- Empty for an object that is about no payment.
create or replace function credits_private.stripe_object_ids(p_object jsonb)
returns text[]
language sql
immutable
parallel safe
security invoker
set search_path = pg_catalog, pg_temp
as $$
    select coalesce(array_agg(i.id order by i.position) filter (where i.id is not null), '{}')
    from (
        select x.position, credits_private.stripe_id(x.value) as id
        from unnest(case p_object ->> 'object'
            when 'checkout.session' then
                array[p_object -> 'payment_intent', p_object -> 'id', p_object -> 'invoice']
            when 'payment_intent' then
                array[
                    p_object -> 'id', p_object -> 'latest_charge', p_object #> '{charges,data,0}',
                    p_object -> 'invoice'
                ]
            when 'invoice' then
                array[p_object -> 'id', p_object -> 'payment_intent', p_object -> 'charge']
            when 'invoice_payment' then
                array[
                    p_object -> 'invoice', p_object #> '{payment,payment_intent}',
                    p_object #> '{payment,charge}'
                ]
            when 'charge' then
                array[p_object -> 'payment_intent', p_object -> 'id', p_object -> 'invoice']
            when 'refund' then array[p_object -> 'payment_intent', p_object -> 'charge']
            when 'dispute' then array[p_object -> 'payment_intent', p_object -> 'charge']
            when 'credit_note' then array[p_object -> 'invoice']
        end) with ordinality as x (value, position)
    ) as i
$$;
