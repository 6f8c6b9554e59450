-- How far a dispute has come by this status, which decides between events of one second; null for a
-- word that is not known.
create or replace function credits_private.stripe_dispute_rank(p_status text)
returns integer
language sql
immutable
parallel safe
security invoker
as $$
    select case p_status
        when 'warning_needs_response' then 1
        when 'warning_under_review' then 2
        when 'warning_closed' then 3
        when 'prevented' then 3
        when 'needs_response' then 4
        when 'under_review' then 5
        when 'charge_refunded' then 6
        when 'lost' then 7
        when 'appeal_needs_response' then 8
        when 'appeal_under_review' then 9
        when 'won' then 10
    end
$$;
