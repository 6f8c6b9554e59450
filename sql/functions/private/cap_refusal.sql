-- Why a member may not use p_amount at an instant: the cap that is exceeded, of several the one
-- that resets last. Null if none is. What is due must have been booked: holds that ended give back.
create or replace function credits_private.cap_refusal(
    p_account_id text,
    p_member text,
    p_at timestamptz,
    p_amount bigint
)
returns jsonb
language plpgsql
stable
parallel safe
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    r_cap record;
begin
    if p_member is null then
        return null;
    end if;
    select s.period, s.cap, s.used, s.ends_at into r_cap
    from credits_private.cap_states(p_account_id, p_member, p_at) as s
    where s.used + p_amount > s.cap
    order by s.ends_at desc, s.cap - s.used, s.period
    limit 1;
    if found then
        return credits_private.refuse(
            'limit_reached',
            jsonb_build_object(
                'limit', 'member_cap', 'member', p_member, 'period', r_cap.period,
                'cap', r_cap.cap, 'used', r_cap.used, 'required', p_amount,
                'left', greatest(r_cap.cap - r_cap.used, 0),
                'resets_at', nullif(r_cap.ends_at, 'infinity')
            )
        );
    end if;
    return null;
end
$$;
