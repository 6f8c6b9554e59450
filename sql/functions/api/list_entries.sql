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
begin
    perform credits_private.check_account_id(p_account_id);
    return query
    select e.*
    from credits_private.find_entries(
        p_account_id, p_limit, p_before, p_kind, p_feature, p_reference, p_member, p_from, p_to
    ) as e;
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
