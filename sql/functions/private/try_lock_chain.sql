-- Locks the chain of seals of an account until the transaction ends, if nobody else has it. Two
-- accounts may share a lock by chance: then one of them is sealed a little later.
create or replace function credits_private.try_lock_chain(p_account_id text)
returns boolean
language sql
volatile
parallel unsafe
security invoker
as $$
    select pg_catalog.pg_try_advisory_xact_lock(
        'credits_private.seals'::regclass::oid::integer, pg_catalog.hashtext(p_account_id)
    )
$$;
