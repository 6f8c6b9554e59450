-- Ledger of the signed-in user's account, newest first, one page. Locks nothing.
-- The account comes from the verified claims, never from an argument; what is for the staff alone
-- (who booked it and why, keys, metadata) is left out. Raises not_signed_in, invalid_argument.
-- For credits_user.
create or replace function credits.my_entries(
    p_limit integer default 100,
    p_before bigint default null
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
    perform credits_private.check_argument(
        'p_limit', coalesce(p_limit, 100) between 1 and 1000, '1 to 1000'
    );
    return query
    select l.entry_id, l.kind, l.amount, l.balance, l.debt, l.about_entry_id, l.feature,
        l.reference, l.created_at, l.occurred_at
    from credits_private.ledger l
    where l.account_id = v_account_id and l.entry_id < coalesce(p_before, 9223372036854775807)
    order by l.entry_id desc
    limit coalesce(p_limit, 100);
end
$$;

comment on function credits.my_entries(integer, bigint) is
'Ledger of the signed-in user, newest entry first, at most 1000 a page.

For the next page give the entry_id of the last row as p_before.';
