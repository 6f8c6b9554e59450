-- Sets how many credits of a payment ought to be taken back by now, up or down, and books the
-- difference, where the payment is now if its account was merged. Locks the account rows.
-- A replay by key returns the recorded receipt.
-- Raises invalid_argument, payment_not_found, idempotency_conflict, balance_limit.
-- For credits_service and credits_admin.
create or replace function credits.clawback_credits(
    p_account_id text,
    p_payment text,
    p_target bigint default null,
    p_amount_returned bigint default null,
    p_provider text default 'manual',
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
declare
    v_name credits_private.payment_order;
    v_chain text[];
begin
    perform credits_private.check_account_id(p_account_id);
    perform credits_private.check_argument(
        'p_payment', length(p_payment) between 1 and 255, '1 to 255 characters'
    );
    perform credits_private.check_argument(
        'p_amount_returned',
        p_amount_returned is null
        or (p_target is null and p_amount_returned between 0 and 9007199254740991),
        'null or whole number of the smallest currency unit, 0 or more; not together with p_target'
    );
    perform credits_private.check_text('p_provider', p_provider, 63);
    perform credits_private.check_tail(p_reference, p_idempotency_key, p_metadata);
    v_name.provider := coalesce(p_provider, 'manual');
    v_name.object_id := p_payment;
    v_name.amount_returned := p_amount_returned;
    v_chain := credits_private.lock_chain(p_account_id);
    return credits_private.post_clawback(
        v_chain[cardinality(v_chain)], v_name, p_target, p_reference, p_idempotency_key, p_metadata,
        v_chain[:cardinality(v_chain) - 1]
    );
end
$$;

comment on function credits.clawback_credits(
    text, text, bigint, bigint, text, text, text, jsonb
) is
'Takes credits back because the money went back: sets the target of a payment and books the
difference.

Say the target in credits (p_target), or the money that is back by now (p_amount_returned, the
share is rounded down), or neither for everything. A lower target gives credits back. What was
spent becomes debt, unless the setting shortfall says write_off. If the account was merged, the
credits are taken from the account that has them now, whose receipt is returned.';
