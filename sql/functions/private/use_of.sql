-- The answer of use_feature, from its receipt and the entry that it is about.
create or replace function credits_private.use_of(
    p_receipt credits.receipt,
    p_quantity bigint
)
returns credits.feature_use
language sql
stable
parallel safe
security invoker
as $$
    select row(
        p_receipt.account_id, p_receipt.entry_id, p_receipt.command_id, p_receipt.kind, l.feature,
        p_quantity, (l.request ->> 'rate_card')::integer, p_receipt.amount, p_receipt.balance,
        p_receipt.available, p_receipt.debt, p_receipt.allocations, l.metadata,
        p_receipt.is_replay, p_receipt.created_at
    )::credits.feature_use
    from credits_private.ledger l
    where l.account_id = p_receipt.account_id and l.entry_id = p_receipt.entry_id
$$;
