-- Entries of an account that fit every filter given, newest first, one page before p_before. With a
-- filter by what an entry says it searches at most scan_limit entries: if none of them fits and
-- older ones are left, it raises scan_limit, with the p_before to go on with.
create or replace function credits_private.find_entries(
    p_account_id text,
    p_limit integer,
    p_before bigint,
    p_kind text,
    p_feature text,
    p_reference text,
    p_member text,
    p_from timestamptz,
    p_to timestamptz
)
returns setof credits.entry
language plpgsql
stable
parallel safe
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_before bigint := coalesce(p_before, 9223372036854775807);
    v_first bigint := 1;
    v_from bigint;
    v_count bigint;
begin
    perform credits_private.check_argument(
        'p_limit', coalesce(p_limit, 100) between 1 and 1000, '1 to 1000'
    );
    perform credits_private.check_argument(
        'p_kind', p_kind is null or p_kind = any (credits_private.entry_kinds()),
        'one of ' || array_to_string(credits_private.entry_kinds(), ', ')
    );
    perform credits_private.check_text('p_feature', p_feature);
    perform credits_private.check_text('p_reference', p_reference);
    perform credits_private.check_text('p_member', p_member);
    perform credits_private.check_instant('p_from', p_from);
    perform credits_private.check_instant('p_to', p_to);
    perform credits_private.check_argument(
        'p_to', p_from is null or p_to is null or p_to > p_from, 'an instant after p_from'
    );

    if p_from is not null then
        v_first := credits_private.last_entry_before(p_account_id, p_from) + 1;
    end if;
    if p_to is not null then
        v_before := least(
            v_before, credits_private.last_entry_before(p_account_id, p_to) + 1
        );
    end if;
    -- Entries are numbered without gaps, so that it is known how many there are to look at.
    select greatest(
            v_first,
            case
                when coalesce(p_kind, p_feature, p_reference, p_member) is not null
                    then l.entry_id - credits_private.scan_limit() + 1
            end
        ),
        l.entry_id + 1
    into v_from, v_before
    from credits_private.ledger l
    where l.account_id = p_account_id and l.entry_id < v_before
    order by l.entry_id desc
    limit 1;
    v_count := greatest(v_before - v_from, 0);

    return query
    select (p.entry).account_id, (p.entry).entry_id, (p.entry).command_id, (p.entry).kind,
        (p.entry).amount, (p.entry).balance, (p.entry).debt, p.allocations,
        credits_private.pools_of(p_account_id, p.allocations),
        (p.entry).about_entry_id, (p.entry).other_account_id, (p.entry).other_entry_id,
        (p.entry).feature, (p.entry).member, (p.entry).reference,
        (p.entry).idempotency_key, (p.entry).metadata, (p.entry).actor, (p.entry).created_at,
        (p.entry).occurred_at, (p.entry).request
    from (
        select s.entry, credits_private.allocations_of(s.entry) as allocations
        from (
            select l as entry
            from credits_private.ledger l
            where l.account_id = p_account_id and l.entry_id < v_before
            order by l.entry_id desc
            limit v_count
        ) as s
        where (p_kind is null or (s.entry).kind = p_kind)
            and (p_feature is null or (s.entry).feature = p_feature)
            and (p_reference is null or (s.entry).reference = p_reference)
            and (p_member is null or (s.entry).member = p_member)
            and (s.entry).entry_id >= v_from
        limit coalesce(p_limit, 100)
    ) as p
    order by (p.entry).entry_id desc;

    if not found and v_from > v_first then
        perform credits_private.fail(
            'scan_limit',
            jsonb_build_object('searched', credits_private.scan_limit(), 'before', v_from)
        );
    end if;
end
$$;
