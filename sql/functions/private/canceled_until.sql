-- Until when credits of a paid period live at most, because their subscription is canceled:
-- infinity if it is not. A cancellation is about the periods that had begun when it was booked; who
-- pays for a later one takes it back. p_period_start is null for a period that was known before.
create or replace function credits_private.canceled_until(
    p_account_id text,
    p_subscription text,
    p_period_start timestamptz,
    p_period_end timestamptz
)
returns timestamptz
language plpgsql
stable
parallel safe
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_until timestamptz;
begin
    select case when s.cancel_at_period_end then p_period_end else s.canceled_at end into v_until
    from credits_private.subscriptions s
    where s.account_id = p_account_id
        and s.subscription = p_subscription
        and coalesce(s.canceled_at > p_period_start, s.canceled_at is not null);
    return coalesce(v_until, 'infinity');
end
$$;
