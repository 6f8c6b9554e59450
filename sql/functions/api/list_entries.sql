-- Ledger of an account, newest first, one page. Locks nothing.
-- p_before is the entry_id of the last row seen. With a filter it searches at most 100,000 entries
-- before that one: if none of them fits and older ones are left, it raises scan_limit, with the
-- p_before to go on with. Raises invalid_argument, scan_limit.
-- For credits_service, credits_admin and credits_reader.
create or replace function credits.list_entries(
    p_account_id text,
    p_limit integer default 100,
    p_before bigint default null,
    p_kind text default null,
    p_feature text default null,
    p_reference text default null,
    p_member text default null,
    p_from timestamptz default null,
    p_to timestamptz default null
)
returns setof credits.entry
language plpgsql
stable
parallel safe
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_before bigint := coalesce(p_before, 9223372036854775807);
    v_first bigint := 1;
    v_from bigint;
    v_count bigint;
begin
    perform credits_private.check_account_id(p_account_id);
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

comment on function credits.list_entries(
    text, integer, bigint, text, text, text, text, timestamptz, timestamptz
) is
'Ledger of an account, newest entry first, at most 1000 a page.

For the next page give the entry_id of the last row as p_before, until a page is empty. p_from and
p_to choose by created_at, p_from included and p_to not; they cost nothing. p_kind, p_feature,
p_reference and p_member search at most 100000 entries a call: a page may be shorter than p_limit
before the end, and where none of so many entries fits, scan_limit (422) says in DETAIL with which
p_before to go on.';
