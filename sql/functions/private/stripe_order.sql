-- Whether an event shows a newer state of an object than the one that is kept: newer, older, or
-- unsure. By time; within one second by the former values that the two events name.
create or replace function credits_private.stripe_order(
    p_event credits_private.stripe_events,
    p_kept_at timestamptz,
    p_kept jsonb,
    p_kept_previous jsonb
)
returns text
language plpgsql
immutable
parallel safe
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
    if p_event.created_at <> p_kept_at then
        return case when p_event.created_at > p_kept_at then 'newer' else 'older' end;
    elsif p_event.body #> '{data,object}' = p_kept then
        return 'older';
    elsif credits_private.has_values(p_kept, p_event.body #> '{data,previous_attributes}') then
        return 'newer';
    elsif credits_private.has_values(p_event.body #> '{data,object}', p_kept_previous) then
        return 'older';
    end if;
    return 'unsure';
end
$$;
