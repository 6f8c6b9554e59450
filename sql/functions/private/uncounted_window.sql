-- The period of a member's cap that an instant lies in, where it has no counter yet: nothing was
-- used in it, unless a later period has a counter. Then the clock ran ahead, and has been put back.
create or replace function credits_private.uncounted_window(
    p_account_id text,
    p_member text,
    p_period text,
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
    v_window credits_private.usage_window := credits_private.cap_window(
        p_account_id, p_period, p_at
    );
begin
    v_window.used := 0;
    if exists (
        select
        from credits_private.usage_counters c
        where c.account_id = p_account_id
            and c.member = p_member
            and c.feature = ''
            and c.period = p_period
            and c.starts_at > p_at
    ) then
        v_window.used := credits_private.member_usage_in(
            p_account_id, p_member, v_window.starts_at, v_window.ends_at
        );
    end if;
    return v_window;
end
$$;
