-- Replays the entries of an account, one after the other, and tells what it must look like after
-- them: each lot, each hold, the debt, the open lot. Nothing but entries is read. Entries that
-- contradict the ones before are told in broken, the first fifty of them.
create or replace function credits_private.rebuild_entries(p_account_id text)
returns credits_private.rebuilt
language plpgsql
stable
parallel safe
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_rebuilt credits_private.rebuilt;
    -- By the number of the lot.
    v_granted bigint[] := array[null]::bigint[];
    v_granted_at timestamptz[] := array[null]::timestamptz[];
    v_origin bigint[] := array[null]::bigint[];
    v_credits bigint[] := array[null]::bigint[];
    v_expired bigint[] := array[null]::bigint[];
    v_clawed bigint[] := array[null]::bigint[];
    v_clawed_at timestamptz[] := array[null]::timestamptz[];
    -- By the number of the hold. It has ended: 0 not, 1 captured, 2 released, 3 at its deadline (or
    -- released by another command: the entries look alike).
    v_held bigint[] := array[null]::bigint[];
    v_captured bigint[] := array[null]::bigint[];
    v_ended bigint[] := array[null]::bigint[];
    v_balance bigint := 0;
    v_debt bigint := 0;
    v_open_lot_id bigint;
    v_created_at timestamptz := timestamptz '-infinity';
    v_moved bigint;
    v_lot_id bigint;
    v_amount bigint;
    v_wrong text[];
    r_entry record;
begin
    v_rebuilt.entry_id := 0;
    v_rebuilt.broken := array[]::credits.difference[];
    for r_entry in
        select l.entry_id, l.command_id, l.kind, l.amount, l.balance, l.debt, l.open_lot_id,
            l.open_lot_remaining, l.allocations, l.about_entry_id, l.request, l.created_at,
            l.occurred_at
        from credits_private.ledger l
        where l.account_id = p_account_id
        order by l.entry_id
    loop
        v_wrong := null;
        v_rebuilt.entry_id := v_rebuilt.entry_id + 1;
        if r_entry.entry_id <> v_rebuilt.entry_id then
            v_wrong := array['entry_id', r_entry.entry_id::text, v_rebuilt.entry_id::text];
        end if;

        if r_entry.allocations is null then
            v_moved := r_entry.amount;
            if r_entry.open_lot_id = v_open_lot_id and v_credits[v_open_lot_id] + v_moved >= 0 then
                v_credits[v_open_lot_id] := v_credits[v_open_lot_id] + v_moved;
            else
                v_wrong := array['open_lot_id', r_entry.open_lot_id::text, v_open_lot_id::text];
            end if;
        else
            v_moved := 0;
            for v_index in 0 .. jsonb_array_length(r_entry.allocations) - 1 loop
                v_lot_id := (r_entry.allocations -> v_index ->> 0)::bigint;
                v_amount := (r_entry.allocations -> v_index ->> 1)::bigint;
                v_moved := v_moved + v_amount;
                if v_lot_id = 0 then
                    v_debt := v_debt - v_amount;
                    continue;
                elsif v_lot_id = r_entry.entry_id then
                    v_granted[v_lot_id] := v_amount;
                    v_granted_at[v_lot_id] := r_entry.created_at;
                    v_origin[v_lot_id] := case r_entry.kind
                        when 'rollover' then 1 when 'restore' then 2
                    end;
                    v_credits[v_lot_id] := v_amount;
                    v_expired[v_lot_id] := 0;
                    v_clawed[v_lot_id] := 0;
                    v_clawed_at[v_lot_id] := null;
                    if r_entry.kind = 'merge' then
                        -- The lot goes on with all its figures from the account it was in.
                        v_granted[v_lot_id] := (r_entry.request -> 'moved' ->> 'granted')::bigint;
                        v_expired[v_lot_id] := (r_entry.request -> 'moved' ->> 'expired')::bigint;
                        v_clawed[v_lot_id] := (r_entry.request -> 'moved' ->> 'clawed')::bigint;
                        v_clawed_at[v_lot_id] := case
                            when v_clawed[v_lot_id] > 0 then r_entry.occurred_at
                        end;
                    end if;
                    continue;
                elsif v_granted[v_lot_id] is null
                    or v_credits[v_lot_id] + v_amount not between 0 and v_granted[v_lot_id]
                then
                    v_wrong := array['allocations', r_entry.allocations::text, null];
                    continue;
                end if;
                v_credits[v_lot_id] := v_credits[v_lot_id] + v_amount;
                if r_entry.kind = 'expire' then
                    v_expired[v_lot_id] := v_expired[v_lot_id] - v_amount;
                elsif r_entry.kind = 'clawback' or r_entry.kind = 'restore' and v_amount > 0 then
                    v_clawed[v_lot_id] := v_clawed[v_lot_id] - v_amount;
                    v_clawed_at[v_lot_id] := case
                        when v_clawed[v_lot_id] = 0 then null
                        when v_amount > 0 then r_entry.occurred_at
                        else coalesce(v_clawed_at[v_lot_id], r_entry.occurred_at)
                    end;
                end if;
            end loop;
        end if;

        if r_entry.kind = 'hold' then
            v_held[r_entry.entry_id] := -v_moved;
            v_captured[r_entry.entry_id] := 0;
            v_ended[r_entry.entry_id] := 0;
        elsif r_entry.kind in ('release', 'capture')
            and v_held[r_entry.about_entry_id] is null
        then
            v_wrong := array['about_entry_id', r_entry.about_entry_id::text, null];
        elsif r_entry.kind = 'release' then
            -- What gives credits up for a capture looks like one at the deadline; see below.
            v_ended[r_entry.about_entry_id] := case
                when r_entry.command_id = r_entry.entry_id and r_entry.request is null then 3
                else 2
            end;
        elsif r_entry.kind = 'capture' then
            v_captured[r_entry.about_entry_id] := v_captured[r_entry.about_entry_id] - v_moved;
            v_ended[r_entry.about_entry_id] := case
                when (r_entry.request ->> 'final')::boolean then 1 else 0
            end;
        end if;

        v_balance := v_balance + v_moved;
        if v_wrong is not null then
            null;
        elsif v_moved <> r_entry.amount then
            v_wrong := array['amount', r_entry.amount::text, v_moved::text];
        elsif v_balance <> r_entry.balance then
            v_wrong := array['balance', r_entry.balance::text, v_balance::text];
        elsif v_debt <> r_entry.debt or v_debt < 0 then
            v_wrong := array['debt', r_entry.debt::text, v_debt::text];
        elsif r_entry.open_lot_remaining <> 0
            and r_entry.open_lot_remaining is distinct from v_credits[r_entry.open_lot_id]
        then
            v_wrong := array[
                'open_lot_remaining', r_entry.open_lot_remaining::text,
                v_credits[r_entry.open_lot_id]::text
            ];
        elsif r_entry.created_at < v_created_at then
            v_wrong := array['created_at', r_entry.created_at::text, v_created_at::text];
        end if;
        if v_wrong is not null then
            v_rebuilt.broken := v_rebuilt.broken || row(
                p_account_id, 'entry', r_entry.entry_id, v_wrong[1], v_wrong[2], v_wrong[3], false
            )::credits.difference;
            exit when cardinality(v_rebuilt.broken) = 50;
        end if;
        v_rebuilt.entry_id := r_entry.entry_id;
        v_balance := r_entry.balance;
        v_debt := r_entry.debt;
        v_open_lot_id := r_entry.open_lot_id;
        v_created_at := r_entry.created_at;
    end loop;

    v_rebuilt.debt := v_debt;
    v_rebuilt.open_lot_id := v_open_lot_id;
    select array_agg(
        row(
            u.lot_id,
            (array['rollover', 'restoration'])[u.origin],
            u.granted, u.credits, u.expired, u.clawed, u.clawed_at, u.granted_at
        )::credits_private.rebuilt_lot
    ) into v_rebuilt.lots
    from unnest(
        v_granted, v_granted_at, v_origin, v_credits, v_expired, v_clawed, v_clawed_at
    ) with ordinality
        as u (granted, granted_at, origin, credits, expired, clawed, clawed_at, lot_id)
    where u.granted is not null;
    select array_agg(
        row(
            u.hold_id, u.held, least(u.captured, u.held),
            (array['open', 'captured', 'released', 'expired'])[u.ended + 1]
        )::credits_private.rebuilt_hold
    ) into v_rebuilt.holds
    from unnest(v_held, v_captured, v_ended) with ordinality
        as u (held, captured, ended, hold_id)
    where u.held is not null;
    return v_rebuilt;
end
$$;
