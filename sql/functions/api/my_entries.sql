-- Ledger of the signed-in user's account, newest first, one page. Locks nothing.
-- The account comes from the verified claims, never from an argument; what is for the staff alone
-- (who booked it and why, keys, metadata) is left out. Filters search as those of list_entries do.
-- Raises not_signed_in, invalid_argument, scan_limit. For credits_user.
create or replace function credits.my_entries(
    p_limit integer default 100,
    p_before bigint default null,
    p_kind text default null,
    p_feature text default null,
    p_reference text default null,
    p_from timestamptz default null,
    p_to timestamptz default null
)
returns setof credits.my_entry
language plpgsql
stable
parallel safe
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_account_id text := credits_private.claimed_account();
begin
    return query
    select e.entry_id, e.kind, e.amount, e.balance, e.debt, e.pools, e.about_entry_id, e.feature,
        e.reference, e.created_at, e.occurred_at
    from credits_private.find_entries(
        v_account_id, p_limit, p_before, p_kind, p_feature, p_reference, null, p_from, p_to
    ) as e;
end
$$;

comment on function credits.my_entries(
    integer, bigint, text, text, text, timestamptz, timestamptz
) is
'Ledger of the signed-in user, newest entry first, at most 1000 a page.

For the next page give the entry_id of the last row as p_before, until a page is empty. p_from and
p_to choose by created_at, p_from included and p_to not. p_kind, p_feature and p_reference search at
most 100000 entries a call: a page may be shorter than p_limit before the end, and where none of so
many entries fits, scan_limit (422) says in DETAIL with which p_before to go on.';
