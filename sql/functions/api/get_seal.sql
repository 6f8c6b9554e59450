-- Head of the chain of one account: its last seal, to be kept elsewhere. Locks nothing.
-- An account without seals, or that nobody knows, has nulls. Raises invalid_argument.
-- For credits_service, credits_admin and credits_reader.
create or replace function credits.get_seal(p_account_id text)
returns credits.seal
language plpgsql
stable
parallel safe
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_seal credits.seal;
begin
    perform credits_private.check_account_id(p_account_id);
    v_seal.account_id := p_account_id;
    select s.entry_id, encode(s.hash, 'hex') into v_seal.entry_id, v_seal.hash
    from credits_private.seals s
    where s.account_id = p_account_id
    order by s.entry_id desc
    limit 1;
    select max(l.entry_id) - coalesce(v_seal.entry_id, 0) into v_seal.unsealed
    from credits_private.ledger l
    where l.account_id = p_account_id;
    return v_seal;
end
$$;

comment on function credits.get_seal(text) is
'The last seal of an account: its hash stands for every entry up to this one.

Kept where nobody who can write to the database can change it, it proves later that the entries are
still the same; see verify_seals.';
