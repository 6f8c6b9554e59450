-- What one unit of a price was worth at an instant. Where that cannot be told even after the
-- catalogue is locked, whoever sets it sees the event that parks now.
create or replace function credits_private.find_stripe_terms(
    p_event credits_private.stripe_events,
    p_price text,
    p_at timestamptz
)
returns credits_private.stripe_terms
language plpgsql
volatile
parallel unsafe
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_terms credits_private.stripe_terms;
begin
    v_terms := credits_private.stripe_terms(p_event, p_price, p_at);
    if v_terms.problem is not null then
        perform credits_private.lock_meeting_point('catalogue');
        v_terms := credits_private.stripe_terms(p_event, p_price, p_at);
    end if;
    return v_terms;
end
$$;
