-- Seals entries that are not sealed yet, at most p_limit: first those that are new, then, where it
-- is due, what a walk over all accounts finds. Running it again does no harm.
-- Locks no account and waits for nobody. One session seals at a time; another is told is_busy.
-- Raises invalid_argument. For credits_service and credits_admin.
create or replace function credits.seal_due(p_limit integer default 10000)
returns credits.sealing
language plpgsql
volatile
parallel unsafe
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_limit integer := coalesce(p_limit, 10000);
    v_has_number boolean := pg_current_xact_id_if_assigned() is not null;
    -- Read before the lock gives this transaction a number; see start_sealing_pass.
    v_now timestamptz := credits_private.clock();
    v_sealing credits_private.sealing;
    v_account_ids text[];
    v_new credits_private.sealed_accounts;
    v_old credits_private.sealed_accounts;
    v_result credits.sealing;
begin
    perform credits_private.check_argument('p_limit', v_limit between 1 and 100000, '1 to 100000');
    select s.* into v_sealing
    from credits_private.sealing s
    where s.is_only
    for update skip locked;
    v_result.is_busy := not found;
    if v_result.is_busy then
        select s.sealed_until into v_result.sealed_until
        from credits_private.sealing s
        where s.is_only;
        v_result.accounts := 0;
        v_result.entries := 0;
        v_result.has_more := false;
        return v_result;
    end if;

    if v_sealing.pass_after is null then
        v_sealing := credits_private.start_sealing_pass(
            v_sealing, v_now,
            case when not v_has_number then pg_current_xact_id()::text::bigint end,
            pg_snapshot_xmin(pg_current_snapshot())::text::bigint
        );
    end if;
    v_account_ids := credits_private.accounts_since(
        v_sealing.since - interval '60 seconds', v_sealing.pass_after, v_limit
    );
    v_new := credits_private.seal_accounts(v_account_ids, v_limit, v_sealing.at_once);
    v_sealing.pass_after := coalesce(v_new.last_account_id, v_sealing.pass_after);
    if v_new.left_out then
        v_sealing.next_since := '-infinity';
    end if;
    if v_new.is_end and cardinality(v_account_ids) < v_limit then
        v_sealing.pass_after := null;
        v_sealing.since := greatest(v_sealing.since, v_sealing.next_since);
    end if;

    if v_sealing.pass_after is null and v_sealing.whole_after is not null then
        select coalesce(array_agg(n.account_id order by n.account_id), '{}') into v_account_ids
        from (
            select a.account_id
            from credits_private.accounts a
            where a.account_id > v_sealing.whole_after
            order by a.account_id
            limit v_limit
        ) as n;
        v_old := credits_private.seal_accounts(
            v_account_ids, v_limit - v_new.entries, v_sealing.at_once
        );
        v_sealing.whole_after := coalesce(v_old.last_account_id, v_sealing.whole_after);
        if v_old.is_end and cardinality(v_account_ids) < v_limit then
            v_sealing.whole_after := null;
            v_sealing.is_whole := true;
        end if;
    end if;

    if v_sealing.pass_after is null and v_sealing.is_whole
        and v_sealing.next_since > '-infinity'
    then
        v_sealing.sealed_until := v_sealing.pass_at;
    end if;
    update credits_private.sealing s
    set since = v_sealing.since,
        next_since = v_sealing.next_since,
        mark_at = v_sealing.mark_at,
        mark_xid = v_sealing.mark_xid,
        pass_at = v_sealing.pass_at,
        pass_after = v_sealing.pass_after,
        whole_at = v_sealing.whole_at,
        whole_after = v_sealing.whole_after,
        is_whole = v_sealing.is_whole,
        is_owed = v_sealing.is_owed,
        sealed_until = v_sealing.sealed_until
    where s.is_only;

    v_result.accounts := v_new.accounts + coalesce(v_old.accounts, 0);
    v_result.entries := v_new.entries + coalesce(v_old.entries, 0);
    v_result.has_more := v_sealing.pass_after is not null or v_sealing.whole_after is not null;
    v_result.sealed_until := v_sealing.sealed_until;
    if not v_sealing.is_whole then
        v_result.estimated_entries := credits_private.estimated_unsealed();
    end if;
    return v_result;
end
$$;

comment on function credits.seal_due(integer) is
'Seals entries that are not sealed yet into the hash chains of their accounts, at most p_limit.

Run it every minute and again while has_more is true. Committed entries are then sealed within two
runs; spends never wait for it.';
