-- The period of a cap that an instant lies in, whatever its counter says.
create or replace function credits_private.cap_window(
    p_account_id text,
    p_period text,
    p_at timestamptz
)
returns credits_private.usage_window
language sql
stable
parallel safe
security invoker
set search_path = pg_catalog, pg_temp
as $$
    select (case
        when p_period = 'billing_period'
            then credits_private.billing_window(p_account_id, p_at)
        else credits_private.calendar_window(p_period, a.time_zone, p_at)
    end).*
    from credits_private.accounts a
    where a.account_id = p_account_id
$$;
