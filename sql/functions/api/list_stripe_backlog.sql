-- How many events there are of each outcome and type. Locks nothing; reads the whole inbox.
-- For credits_service, credits_admin and credits_reader.
create or replace function credits.list_stripe_backlog()
returns setof credits.stripe_backlog
language plpgsql
stable
parallel safe
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
    return query
    select e.outcome, e.event_type, count(*),
        count(*) filter (where e.outcome = 'failed' and e.retry_at is null), min(e.received_at)
    from credits_private.stripe_events e
    group by e.outcome, e.event_type
    order by e.outcome, e.event_type;
end
$$;

comment on function credits.list_stripe_backlog() is
'How many events of Stripe the inbox has, by outcome and type, and since when.

exhausted counts failed events that are not tried again by themselves.';
