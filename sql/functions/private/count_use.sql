-- Counts what a member used at an instant, or, negative, what has come back of it, in every period
-- that has a counter and contains the instant. A use begins the counters that its caps lack, and
-- ends those of periods that are over by then: what comes back to them limits nobody.
create or replace function credits_private.count_use(
    p_account_id text,
    p_member text,
    p_at timestamptz,
    p_amount bigint
)
returns void
language plpgsql
volatile
parallel unsafe
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    r_cap record;
begin
    if p_member is null or p_amount = 0 then
        return;
    end if;
    if p_amount > 0 then
        for r_cap in
            select s.period, s.starts_at, s.ends_at, s.used
            from credits_private.cap_states(p_account_id, p_member, p_at) as s
            where not s.is_counted
        loop
            delete from credits_private.usage_counters c
            where c.account_id = p_account_id
                and c.member = p_member
                and c.feature = ''
                and c.period = r_cap.period
                and c.ends_at <= r_cap.starts_at;
            insert into credits_private.usage_counters values (
                p_account_id, p_member, '', r_cap.period, r_cap.starts_at, r_cap.ends_at,
                r_cap.used
            );
        end loop;
    end if;
    update credits_private.usage_counters c
    set used = c.used + p_amount
    where c.account_id = p_account_id
        and c.member = p_member
        and c.feature = ''
        and c.starts_at <= p_at
        and c.ends_at > p_at;
end
$$;
