-- Whether a new spend of a member passes every cap, by counters that are there; if so, it is
-- counted. False leaves it to the slow path, which tells a replay, a new period and a refusal
-- apart.
create or replace function credits_private.admit_use(
    p_account_id text,
    p_member text,
    p_at timestamptz,
    p_amount bigint,
    p_idempotency_key text
)
returns boolean
language plpgsql
volatile
parallel unsafe
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_is_admitted boolean;
begin
    perform
    from credits_private.member_caps k
    where k.account_id = p_account_id and k.member = p_member
    limit 1;
    if not found then
        return true;
    end if;
    if p_idempotency_key is not null then
        perform
        from credits_private.ledger l
        where l.account_id = p_account_id and l.idempotency_key = p_idempotency_key;
        if found then
            return false;
        end if;
    end if;

    -- Of two billing periods both have to allow here; the slow path looks at the newer one alone.
    select bool_and(coalesce(c.used + p_amount <= k.cap, false)) into v_is_admitted
    from credits_private.member_caps k
    left join credits_private.usage_counters c
        on c.account_id = p_account_id
        and c.member = p_member
        and c.feature = ''
        and c.period = k.period
        and c.starts_at <= p_at
        and c.ends_at > p_at
    where k.account_id = p_account_id and k.member = p_member;
    if v_is_admitted then
        update credits_private.usage_counters c
        set used = c.used + p_amount
        where c.account_id = p_account_id
            and c.member = p_member
            and c.feature = ''
            and c.starts_at <= p_at
            and c.ends_at > p_at;
    end if;
    return v_is_admitted;
end
$$;
