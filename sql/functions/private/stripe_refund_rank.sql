-- How far a refund has come by this status; null for a word that is not known.
create or replace function credits_private.stripe_refund_rank(p_status text)
returns integer
language sql
immutable
parallel safe
security invoker
as $$
    select case p_status
        when 'pending' then 1
        when 'requires_action' then 2
        when 'succeeded' then 3
        when 'failed' then 4
        when 'canceled' then 4
    end
$$;
