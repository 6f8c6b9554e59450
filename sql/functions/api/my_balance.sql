-- Balance of the signed-in user's account, as get_balance has it. Locks nothing.
-- The account comes from the verified claims, never from an argument. Raises not_signed_in.
-- For credits_user.
create or replace function credits.my_balance()
returns credits.balance
language plpgsql
stable
parallel safe
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
    return credits.get_balance(credits_private.claimed_account());
end
$$;

comment on function credits.my_balance() is
'What the signed-in user can spend right now; the columns are those of get_balance.';
