-- Lets a member have a cap, or none of that period (p_cap null), and counts for it what was used in
-- its period before. The caller books what the ledger says of it, before.
create or replace function credits_private.put_member_cap(
    p_state credits_private.account_state,
    p_member text,
    p_period text,
    p_cap bigint
)
returns void
language plpgsql
volatile
parallel unsafe
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_had_any boolean;
    v_had_this boolean;
begin
    select count(*) > 0, coalesce(bool_or(k.period = p_period), false)
    into v_had_any, v_had_this
    from credits_private.member_caps k
    where k.account_id = p_state.account_id and k.member = p_member;
    if p_cap is null then
        delete from credits_private.member_caps k
        where k.account_id = p_state.account_id and k.member = p_member and k.period = p_period;
    else
        insert into credits_private.member_caps as k (account_id, member, period, cap)
        values (p_state.account_id, p_member, p_period, p_cap)
        on conflict (account_id, member, period) do update set cap = excluded.cap;
    end if;
    if p_period <> 'lifetime' and v_had_this <> (p_cap is not null) then
        perform credits_private.recount(p_state, p_period, p_member);
    end if;
    if v_had_any <> exists (
        select
        from credits_private.member_caps k
        where k.account_id = p_state.account_id and k.member = p_member
    ) then
        perform credits_private.recount(p_state, 'lifetime', p_member);
    end if;
end
$$;
