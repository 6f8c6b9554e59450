-- Recomputes lots, holds and the newest entry of an account from its entries alone, and returns
-- where what is stored differs. Locks nothing, changes nothing; repair_account does.
-- An unknown account has no difference. Raises invalid_argument.
-- For credits_service, credits_admin and credits_reader.
create or replace function credits.rebuild(p_account_id text)
returns setof credits.difference
language plpgsql
stable
parallel safe
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
    perform credits_private.check_account_id(p_account_id);
    return query
    select d.*
    from credits_private.differences(
        p_account_id, credits_private.rebuild_entries(p_account_id)
    ) as d;
end
$$;

comment on function credits.rebuild(text) is
'Replays the entries of an account and compares what follows from them with what is stored: what is
left of each lot and has become of it, each hold, and which lot is open. No row means that they
agree.

What the entries do not tell is not looked at: pool, priority, expiry, subscription, payment and
cost of a lot, the deadline of a hold, payments, and everything else about an account. Where the
entries contradict one another, the rows have part entry, and nothing else is said.';
