-- Notes how far a checkout session has come; the furthest state counts, in whatever order the
-- events arrive.
create or replace function credits_private.note_checkout(
    p_event credits_private.stripe_events,
    p_session text,
    p_state text
)
returns void
language plpgsql
volatile
parallel unsafe
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_states constant text[] := array['pending', 'expired', 'failed', 'paid'];
    v_now timestamptz := credits_private.clock();
begin
    insert into credits_private.stripe_checkouts as c (
        provider_account, livemode, session, state, updated_at
    )
    values (p_event.provider_account, p_event.livemode, p_session, p_state, v_now)
    on conflict (session, livemode, provider_account) do update
    set state = v_states[greatest(
            array_position(v_states, c.state), array_position(v_states, excluded.state)
        )],
        updated_at = v_now;
end
$$;
