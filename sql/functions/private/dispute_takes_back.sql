-- Whether a dispute takes its share back at present. p_at_once: from the moment on at which it has
-- to be answered; else only once it is lost. Money that was given back later than anything that
-- took it is ours again.
create or replace function credits_private.dispute_takes_back(
    p_dispute credits_private.stripe_disputes,
    p_at_once boolean
)
returns boolean
language sql
immutable
parallel safe
security invoker
as $$
    select case
        when p_dispute.reinstated_at >= greatest(p_dispute.withdrawn_at, p_dispute.status_at)
            then false
        when p_dispute.status in ('lost', 'appeal_needs_response', 'appeal_under_review') then true
        when p_dispute.status in ('won', 'warning_closed', 'prevented', 'charge_refunded')
            then false
        when p_dispute.status in ('needs_response', 'under_review') then p_at_once
        else p_at_once
            and p_dispute.withdrawn_at is not null
            and coalesce(p_dispute.withdrawn_at > p_dispute.reinstated_at, true)
    end
$$;
