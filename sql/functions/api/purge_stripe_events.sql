-- Cleans the inbox up, at most p_limit events: closes those whose purchase has not come within the
-- setting stripe_patience, then purges bodies that are older than stripe_retention, of events that
-- are done. Skips events that somebody has locked. Running it again does no harm.
-- Raises invalid_argument. For credits_service and credits_admin.
create or replace function credits.purge_stripe_events(p_limit integer default 1000)
returns credits.stripe_purge
language plpgsql
volatile
parallel unsafe
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_limit integer := coalesce(p_limit, 1000);
    v_now timestamptz := credits_private.clock();
    v_purge credits.stripe_purge;
    r_event credits_private.stripe_events;
begin
    perform credits_private.check_argument('p_limit', v_limit between 1 and 10000, '1 to 10000');
    v_purge.closed := 0;
    for r_event in
        select e.*
        from credits_private.stripe_events e
        where starts_with(e.waits_for, 'payment:')
            and e.received_at <= v_now - credits_private.setting_interval('stripe_patience')
        order by e.received_at
        limit v_limit
        for update skip locked
    loop
        perform credits_private.close_stripe_event(
            r_event, 'no purchase came: ' || r_event.reason
        );
        v_purge.closed := v_purge.closed + 1;
    end loop;

    with old as (
        select e.provider_account, e.event_id
        from credits_private.stripe_events e
        where e.body is not null
            and e.outcome in ('applied', 'ignored')
            and e.received_at <= v_now - credits_private.setting_interval('stripe_retention')
        order by e.received_at
        limit v_limit
        for update skip locked
    )
    update credits_private.stripe_events e
    set payload = null, body = null
    from old o
    where e.provider_account = o.provider_account and e.event_id = o.event_id;
    get diagnostics v_purge.purged := row_count;
    v_purge.has_more := v_limit in (v_purge.closed, v_purge.purged);
    return v_purge;
end
$$;

comment on function credits.purge_stripe_events(integer) is
'Cleans the inbox of Stripe''s events up, in batches: call it again while has_more.

Money that went back for a purchase that never granted credits here stops waiting after the setting
stripe_patience. Bodies of events that are done are purged after stripe_retention; the event itself
stays, so that it is still known when it is delivered again.';
