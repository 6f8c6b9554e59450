-- The billing period that an instant lies in: of the subscription periods that contain it the one
-- that started last. Where there is none, the time between two: from the last end before it (or the
-- beginning of time) to the next start (or for ever).
create or replace function credits_private.billing_window(
    p_account_id text,
    p_at timestamptz
)
returns credits_private.usage_window
language plpgsql
stable
parallel safe
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_window credits_private.usage_window;
begin
    select p.starts_at, p.ends_at into v_window.starts_at, v_window.ends_at
    from credits_private.billing_periods(p_account_id, p_at) as p
    where p.starts_at <= p_at
    order by p.starts_at desc
    limit 1;
    if not found then
        select coalesce(max(p.ends_at) filter (where p.ends_at <= p_at), '-infinity'),
            coalesce(min(p.starts_at) filter (where p.starts_at > p_at), 'infinity')
        into v_window.starts_at, v_window.ends_at
        from credits_private.billing_periods(p_account_id, '-infinity') as p;
    end if;
    return v_window;
end
$$;
