-- Events of the inbox, oldest id first, one page. Locks nothing. By default those that are open:
-- received, parked or failed. p_after_account and p_after name the last row seen.
-- Raises invalid_argument. For credits_service, credits_admin and credits_reader.
create or replace function credits.list_stripe_events(
    p_outcome text default null,
    p_event_type text default null,
    p_limit integer default 100,
    p_after text default null,
    p_after_account text default ''
)
returns setof credits.stripe_event
language plpgsql
stable
parallel safe
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
    perform credits_private.check_argument(
        'p_outcome',
        coalesce(p_outcome, 'parked')
            in ('received', 'applied', 'ignored', 'parked', 'failed', 'all'),
        'received, applied, ignored, parked, failed or all; null for the open ones'
    );
    perform credits_private.check_text('p_event_type', p_event_type);
    perform credits_private.check_argument(
        'p_limit', coalesce(p_limit, 100) between 1 and 1000, '1 to 1000'
    );
    perform credits_private.check_text('p_after', p_after);
    return query
    select e.provider_account, e.event_id, e.event_type, e.livemode, e.outcome, e.reason,
        e.waits_for, e.account_id, e.attempts, e.retry_at, e.created_at, e.received_at,
        e.applied_at, e.body
    from credits_private.stripe_events e
    where (e.provider_account, e.event_id) > (coalesce(p_after_account, ''), coalesce(p_after, ''))
        and case
            when p_outcome is null then e.outcome in ('received', 'parked', 'failed')
            else p_outcome in (e.outcome, 'all')
        end
        and e.event_type = coalesce(p_event_type, e.event_type)
    order by e.provider_account, e.event_id
    limit coalesce(p_limit, 100);
end
$$;

comment on function credits.list_stripe_events(text, text, integer, text, text) is
'Events of Stripe''s inbox, at most 1000 a page; those that are parked or failed, unless p_outcome
says which (all: every one).

reason says what an event waits for or which error it met. A failed one without retry_at has been
tried as often as the setting stripe_attempts allows. For the next page give event_id and
provider_account of the last row.';
