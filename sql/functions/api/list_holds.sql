-- Holds of an account, newest first, one page. Locks nothing.
-- p_before is the hold_id of the last row seen. Raises invalid_argument.
-- For credits_service, credits_admin and credits_reader.
create or replace function credits.list_holds(
    p_account_id text,
    p_limit integer default 100,
    p_before bigint default null,
    p_open_only boolean default true
)
returns setof credits.hold
language plpgsql
stable
parallel safe
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
    perform credits_private.check_account_id(p_account_id);
    perform credits_private.check_argument(
        'p_limit', coalesce(p_limit, 100) between 1 and 1000, '1 to 1000'
    );
    return query
    select h.account_id, h.hold_id, h.amount, h.captured,
        case h.status when 'open' then h.amount - h.captured else 0 end,
        h.status, h.expires_at, l.feature, l.member, l.reference, l.metadata, l.created_at
    from credits_private.holds h
    join credits_private.ledger l on l.account_id = p_account_id and l.entry_id = h.hold_id
    where h.account_id = p_account_id
        and h.hold_id < coalesce(p_before, 9223372036854775807)
        and (h.status = 'open' or not coalesce(p_open_only, true))
    order by h.hold_id desc
    limit coalesce(p_limit, 100);
end
$$;

comment on function credits.list_holds(text, integer, bigint, boolean) is
'Holds of an account, newest first, at most 1000 a page; only open ones unless p_open_only is false.

For the next page give the hold_id of the last row as p_before. A hold past its deadline is listed
as open until a sweep or the next call on the account releases it; it cannot be captured any more.';
