-- Gives credits of one account to another one, which is opened if nobody knows it.
-- Locks both account rows, in the order of their ids. A replay by key returns the recorded receipt,
-- which is that of the giver. Raises invalid_argument, same_account, insufficient_credits, in_debt,
-- account_frozen, account_closed, account_merged, balance_limit, idempotency_conflict.
-- For credits_service and credits_admin.
create or replace function credits.transfer_credits(
    p_account_id text,
    p_to_account_id text,
    p_amount bigint,
    p_pool text default null,
    p_reference text default null,
    p_idempotency_key text default null,
    p_metadata jsonb default null
)
returns credits.receipt
language plpgsql
volatile
parallel unsafe
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
    perform credits_private.check_account_id(p_account_id);
    perform credits_private.check_other_account('p_to_account_id', p_to_account_id, p_account_id);
    perform credits_private.check_amount('p_amount', p_amount);
    if p_pool is not null then
        perform credits_private.check_pool('p_pool', p_pool);
    end if;
    perform credits_private.check_argument(
        'p_idempotency_key', length(p_idempotency_key) between 1 and 255, '1 to 255 characters'
    );
    perform credits_private.check_tail(p_reference, p_idempotency_key, p_metadata);
    return credits_private.post_transfer(
        p_account_id, p_to_account_id, p_amount, p_pool, p_reference, p_idempotency_key, p_metadata
    );
end
$$;

comment on function credits.transfer_credits(text, text, bigint, text, text, text, jsonb) is
'Gives credits of one account to another one. p_idempotency_key is required: two transfers that are
the same to the letter may both be meant.

Each lot that gives becomes a lot of its own over there, with the same pool, priority and expiry and
its share of what was paid for it; no pool and no expiry gets better on the way. A payment and a
subscription stay with the giver: if the money goes back later, the giver owes what was transferred.
Refused like a spend while the giver is short (insufficient_credits, 402), in debt (in_debt, 402) or
frozen (account_frozen, 403). The receiver may be frozen or in debt, which is settled at once by
credits of a paying pool, and is opened if it is unknown; a closed one takes nothing.';
