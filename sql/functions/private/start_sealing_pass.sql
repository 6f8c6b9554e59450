-- Begins a pass over new entries: how far back it looks, and how far back the next one has to.
-- A transaction reads the clock after it has got its number. So entries that were created before
-- p_now belong to transactions with numbers below p_xid, which is ours, given to us after p_now
-- (else null). Once none of those runs (p_xmin is the lowest number that does), a pass sees all of
-- these entries, and the next one may begin at that p_now: the mark.
-- A pass looks back an hour at most. Where that is not enough, all accounts are walked over: at
-- first, when nobody has sealed for an hour, when the clock has gone back, when a transaction has
-- ended that was open for so long, and daily.
create or replace function credits_private.start_sealing_pass(
    p_sealing credits_private.sealing,
    p_now timestamptz,
    p_xid bigint,
    p_xmin bigint
)
returns credits_private.sealing
language plpgsql
immutable
parallel safe
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_sealing credits_private.sealing := p_sealing;
    v_hour_ago timestamptz := p_now - interval '3600 seconds';
    v_lost boolean := p_sealing.pass_at > p_now or p_sealing.pass_at < v_hour_ago;
    v_walk boolean := v_lost or p_sealing.whole_at < p_now - interval '86400 seconds';
begin
    if v_lost then
        v_sealing.mark_at := '-infinity';
        v_sealing.mark_xid := 0;
        v_sealing.is_whole := false;
    end if;
    if v_lost or v_sealing.since < v_hour_ago then
        v_sealing.since := v_hour_ago;
        v_sealing.is_owed := true;
    end if;

    v_sealing.next_since := v_sealing.since;
    if p_xmin >= v_sealing.mark_xid then
        v_sealing.next_since := greatest(v_sealing.since, v_sealing.mark_at);
        if p_xid is not null then
            v_walk := v_walk or v_sealing.is_owed;
            v_sealing.is_owed := v_sealing.is_owed and v_sealing.since > v_sealing.mark_at;
            v_sealing.mark_at := p_now;
            v_sealing.mark_xid := p_xid;
        end if;
    end if;

    if v_walk then
        v_sealing.whole_at := p_now;
        v_sealing.whole_after := '';
    end if;
    v_sealing.pass_at := p_now;
    v_sealing.pass_after := '';
    return v_sealing;
end
$$;
