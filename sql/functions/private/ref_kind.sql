-- Kind of a provider's object, told by its id.
create or replace function credits_private.ref_kind(p_provider text, p_object_id text)
returns text
language sql
immutable
parallel safe
security invoker
as $$
    select case when p_provider = 'stripe' then
        case pg_catalog.split_part(p_object_id, '_', 1)
            when 'pi' then 'payment_intent'
            when 'ch' then 'charge'
            when 'py' then 'charge'
            when 'in' then 'invoice'
            when 'cs' then 'checkout_session'
            else 'payment'
        end
    else 'payment' end
$$;
