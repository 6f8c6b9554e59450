-- What an entry took from which lot (or gave to it), in its order, and why that lot at that place.
-- Locks nothing. Meant for spends, holds, captures and refunds; answers for every entry.
-- Raises invalid_argument, entry_not_found. For credits_service, credits_admin and credits_reader.
create or replace function credits.explain_spend(p_account_id text, p_entry_id bigint)
returns setof credits.explanation
language plpgsql
stable
parallel safe
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_entry credits_private.ledger;
    v_given_back bigint;
    v_of_hold bigint := 0;
    v_pools text[];
begin
    perform credits_private.check_account_id(p_account_id);
    perform credits_private.check_argument(
        'p_entry_id', p_entry_id > 0, 'the entry_id of an entry of the account'
    );
    select l.* into v_entry
    from credits_private.ledger l
    where l.account_id = p_account_id and l.entry_id = p_entry_id;
    if not found then
        perform credits_private.fail(
            'entry_not_found',
            jsonb_build_object('account_id', p_account_id, 'entry_id', p_entry_id)
        );
    end if;

    v_given_back := credits_private.given_back(p_account_id, v_entry);
    if v_entry.kind = 'capture' then
        v_of_hold := credits_private.captured_of_hold(p_account_id, v_entry);
    elsif v_entry.kind = 'settle' then
        select array_agg(p.pool) into v_pools from credits_private.pools p where p.pays_debt;
    elsif v_entry.kind in ('adjust', 'transfer') and v_entry.request ? 'pool' then
        v_pools := array[v_entry.request ->> 'pool'];
    end if;

    return query
    with parts as (
        select x.ordinal, x.lot_id, x.amount,
            lead(x.lot_id) over (order by x.ordinal) as next_lot_id,
            count(*) filter (where x.lot_id > 0) over () = 1 as is_alone,
            sum(-x.amount) over (order by x.ordinal) + x.amount as taken_before,
            sum(-x.amount) over () - sum(-x.amount) over (order by x.ordinal) as taken_behind,
            sum(x.amount) over (partition by x.lot_id order by x.ordinal) as moved
        from credits_private.parts_of(credits_private.allocations_of(v_entry)) as x
    ),
    held as (
        select h.lot_id, h.credits
        from credits_private.lots_after(p_account_id, p_entry_id - 1) as h
    ),
    left_alone as (
        select l.lot_id
        from held h
        join credits_private.lots l on l.account_id = p_account_id and l.lot_id = h.lot_id
        where (v_pools is null or l.pool = any (v_pools))
            and not exists (select from parts p where p.lot_id = h.lot_id)
        order by l.priority, l.expires_at, l.lot_id
        limit 1
    )
    select p_account_id, p_entry_id, p.ordinal::integer, p.lot_id, l.pool, l.priority,
        nullif(l.expires_at, 'infinity'), p.amount,
        case
            when p.amount < 0 and p.lot_id > 0
                then least(-p.amount, greatest(v_given_back - p.taken_behind, 0))::bigint
        end,
        b.credits::bigint, a.credits::bigint,
        case
            when v_entry.kind in ('transfer', 'merge') and p.amount > 0 and p.lot_id > 0
                then format('came from account %s', v_entry.other_account_id)
            when v_entry.kind = 'merge' and p.lot_id > 0
                then format('goes on in account %s', v_entry.other_account_id)
            when v_entry.kind = 'merge' and p.amount > 0
                then format('owed by account %s from here on', v_entry.other_account_id)
            when v_entry.kind = 'merge'
                then format('was owed by account %s', v_entry.other_account_id)
            when p.lot_id = 0 and p.amount < 0 then 'had been used: owed from here on'
            when p.lot_id = 0 and v_entry.kind = 'settle' then 'pays debt'
            when p.lot_id = 0 then 'no longer owed'
            when v_entry.kind = 'capture' and p.taken_before < v_of_hold
                then format('set aside by hold %s', v_entry.about_entry_id)
            when v_entry.kind in ('spend', 'hold', 'capture', 'transfer', 'settle', 'adjust')
                and p.amount < 0
                then credits_private.burn_reason(l, n, p.is_alone)
            when v_entry.kind = 'refund' then format(
                'goes back where entry %s took it from, its last lot first', v_entry.about_entry_id
            )
            when v_entry.kind = 'release'
                then format('given up by hold %s, its last lot first', v_entry.about_entry_id)
            when v_entry.kind = 'expire' then 'the lot had ended'
            when v_entry.kind = 'clawback' then 'the payment of the lot went back'
            when v_entry.kind = 'rollover' and p.amount < 0 then 'carried over'
            when v_entry.kind = 'rollover' then 'carried over from the lot before'
            when v_entry.kind = 'restore' and p.amount < 0 then 'given more time in another lot'
            when v_entry.kind = 'restore' then 'given back'
            else 'granted'
        end
    from parts p
    left join credits_private.lots l on l.account_id = p_account_id and l.lot_id = p.lot_id
    left join held h on h.lot_id = p.lot_id
    left join left_alone o on true
    left join credits_private.lots n
        on n.account_id = p_account_id and n.lot_id = coalesce(nullif(p.next_lot_id, 0), o.lot_id)
    cross join lateral (
        select case when p.lot_id = 0 then v_entry.debt else coalesce(h.credits, 0) + p.moved end
    ) as a (credits)
    cross join lateral (
        select case when p.lot_id = 0 then v_entry.debt + p.amount else a.credits - p.amount end
    ) as b (credits)
    order by p.ordinal;
end
$$;

comment on function credits.explain_spend(text, bigint) is
'Which lots an entry took its credits from, in order, and why each of them stood at its place:
priority, earlier expiry, older, or nothing else was there.

amount is negative for credits that were taken. given_back is what refunds (of a hold: releases)
have given back of it by now. left_before and left_after are what the lot held right before and
after; of lot 0, the debt, what was owed. Priorities are those of the lots; expiries are those of
today.';
