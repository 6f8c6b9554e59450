-- Ledger of an account, newest first, one page. Locks nothing.
-- p_before is the entry_id of the last row seen. Raises invalid_argument.
-- For credits_service, credits_admin and credits_reader.
create or replace function credits.list_entries(
    p_account_id text,
    p_limit integer default 100,
    p_before bigint default null
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
    perform credits_private.check_argument(
        'p_limit', coalesce(p_limit, 100) between 1 and 1000, '1 to 1000'
    );
    return query
    select l.account_id, l.entry_id, l.command_id, l.kind, l.amount, l.balance, l.debt,
        credits_private.allocations_of(l), l.about_entry_id, l.other_account_id,
        l.other_entry_id, l.feature, l.member, l.reference, l.idempotency_key, l.metadata, l.actor,
        l.created_at, l.occurred_at, l.request
    from credits_private.ledger l
    where l.account_id = p_account_id and l.entry_id < coalesce(p_before, 9223372036854775807)
    order by l.entry_id desc
    limit coalesce(p_limit, 100);
end
$$;

comment on function credits.list_entries(text, integer, bigint) is
'Ledger of an account, newest entry first, at most 1000 a page.

For the next page give the entry_id of the last row as p_before.';
