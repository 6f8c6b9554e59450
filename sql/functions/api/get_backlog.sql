-- What the periodic jobs have before them: for monitoring. Locks nothing.
-- For credits_service, credits_admin and credits_reader.
create or replace function credits.get_backlog()
returns credits.backlog
language plpgsql
stable
parallel safe
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_backlog credits.backlog;
begin
    v_backlog.as_of := credits_private.clock();
    select count(*), min(l.expires_at) into v_backlog.due_lots, v_backlog.oldest_due_at
    from (
        select l.expires_at
        from credits_private.lots l
        where l.is_open and l.expires_at <= v_backlog.as_of
        order by l.expires_at
        limit 10000
    ) as l;
    select count(*), least(min(h.expires_at), v_backlog.oldest_due_at)
    into v_backlog.due_holds, v_backlog.oldest_due_at
    from (
        select h.expires_at
        from credits_private.holds h
        where h.status = 'open' and h.expires_at <= v_backlog.as_of
        order by h.expires_at
        limit 10000
    ) as h;
    select count(*), min(i.next_grant_at) into v_backlog.due_grants, v_backlog.oldest_grant_at
    from (
        select i.next_grant_at
        from credits_private.subscription_items i
        where i.next_grant_at <= v_backlog.as_of
        order by i.next_grant_at
        limit 10000
    ) as i;
    select s.sealed_until into v_backlog.sealed_until
    from credits_private.sealing s
    where s.is_only;
    return v_backlog;
end
$$;

comment on function credits.get_backlog() is
'Lots, holds and scheduled grants that are due and not booked yet, and the instant up to which
entries are sealed.

Spends are right all the same; what grows here says that a job does not run.';
