-- Where the setting dispute_freezes says so: freezes the account of a payment while one of its
-- payments has a dispute that is open or lost, and unfreezes it when none has, if it was frozen
-- for one.
create or replace function credits_private.freeze_for_disputes(
    p_event credits_private.stripe_events,
    p_account_id text
)
returns void
language plpgsql
volatile
parallel unsafe
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_status text;
    v_cause text;
    v_last credits_private.ledger;
begin
    if credits_private.setting('dispute_freezes') = 'no' then
        return;
    end if;
    select a.status into v_status
    from credits_private.accounts a
    where a.account_id = p_account_id
    for no key update;
    select min(d.dispute) into v_cause
    from credits_private.payment_refs r
    join credits_private.stripe_disputes d
        on r.object_id in (d.payment_intent, d.charge)
        and d.livemode = r.livemode
        and d.provider_account = r.provider_account
    where r.account_id = p_account_id
        and r.provider = 'stripe'
        and credits_private.dispute_takes_back(d, true);
    select l.* into v_last
    from credits_private.ledger l
    where l.account_id = p_account_id and l.kind in ('freeze', 'unfreeze')
    order by l.entry_id desc
    limit 1;

    if v_status = 'active' and v_cause is not null then
        perform credits_private.post_status(
            p_account_id, 'freeze', 'dispute', v_cause,
            credits_private.stripe_key(p_event, 'freeze:' || p_event.event_id), null
        );
    elsif v_status = 'frozen' and v_cause is null and v_last.request ->> 'reason' = 'dispute' then
        perform credits_private.post_status(
            p_account_id, 'unfreeze', 'dispute', p_event.body #>> '{data,object,id}',
            credits_private.stripe_key(p_event, 'unfreeze:' || p_event.event_id), null
        );
    end if;
end
$$;
