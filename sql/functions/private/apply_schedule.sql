-- A subscription schedule: its state is kept. Never a grant. Once it has ended it stays ended.
create or replace function credits_private.apply_schedule(
    p_event credits_private.stripe_events,
    p_schedule jsonb
)
returns credits_private.stripe_result
language plpgsql
volatile
parallel unsafe
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_ended constant text[] := array['canceled', 'completed', 'released'];
    v_kept credits_private.stripe_schedules;
    v_new credits_private.stripe_schedules;
    v_order text := 'newer';
begin
    if credits_private.stripe_id(p_schedule -> 'id') is null or p_schedule ->> 'status' is null then
        return credits_private.stripe_result(
            'parked', 'the schedule lacks its id or status', 'operator'
        );
    end if;
    v_new.provider_account := p_event.provider_account;
    v_new.livemode := p_event.livemode;
    v_new.schedule := p_schedule ->> 'id';
    v_new.subscription := coalesce(
        credits_private.stripe_id(p_schedule -> 'subscription'),
        credits_private.stripe_id(p_schedule -> 'released_subscription')
    );
    v_new.status := p_schedule ->> 'status';
    v_new.event_at := p_event.created_at;
    v_new.object := p_schedule;
    v_new.previous := p_event.body #> '{data,previous_attributes}';
    v_new.is_unsure := false;

    insert into credits_private.stripe_schedules values (v_new.*) on conflict do nothing;
    if not found then
        select s.* into v_kept
        from credits_private.stripe_schedules s
        where s.schedule = v_new.schedule
            and s.livemode = v_new.livemode
            and s.provider_account = v_new.provider_account
        for update;
        v_order := credits_private.stripe_order(
            p_event, v_kept.event_at, v_kept.object, v_kept.previous
        );
        if (v_kept.status = any (v_ended)) <> (v_new.status = any (v_ended)) then
            v_order := case when v_new.status = any (v_ended) then 'newer' else 'older' end;
        end if;
        update credits_private.stripe_schedules s
        set subscription = case
                when v_order = 'newer' then v_new.subscription
                else s.subscription
            end,
            status = case when v_order = 'newer' then v_new.status else s.status end,
            event_at = case when v_order = 'newer' then v_new.event_at else s.event_at end,
            object = case when v_order = 'newer' then v_new.object else s.object end,
            previous = case when v_order = 'newer' then v_new.previous else s.previous end,
            is_unsure = case v_order
                when 'newer' then false
                when 'unsure' then true
                else s.is_unsure
            end
        where s.schedule = v_new.schedule
            and s.livemode = v_new.livemode
            and s.provider_account = v_new.provider_account;
    end if;
    return credits_private.stripe_result('applied');
end
$$;
