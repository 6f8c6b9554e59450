-- Spends many times, over any accounts, in the caller's transaction; each with its own key.
-- Locks the accounts in ascending order. A replayed operation answers its recorded receipt.
-- Raises invalid_argument; with p_all_or_nothing the first refusal in the order given:
-- insufficient_credits, in_debt, account_frozen, account_closed, idempotency_conflict.
-- For credits_service.
create or replace function credits.deduct_credits_batch(
    p_operations jsonb,
    p_all_or_nothing boolean default false
)
returns credits.batch
language plpgsql
volatile
parallel unsafe
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_orders credits_private.spend_order[];
    v_result credits_private.spend_result;
    v_results credits_private.spend_result[] := array[]::credits_private.spend_result[];
    r_account record;
    r_first record;
begin
    v_orders := credits_private.parse_operations(p_operations);

    for r_account in
        select o.account_id collate "C" as account_id, array_agg(o order by o.index) as orders
        from unnest(v_orders) as o
        group by o.account_id collate "C"
        order by o.account_id collate "C"
    loop
        foreach v_result in array
            credits_private.post_spends(r_account.account_id, r_account.orders)
        loop
            v_results := v_results || v_result;
        end loop;
    end loop;

    if p_all_or_nothing then
        select r.refusal,
            jsonb_build_object(
                'index', r.index, 'account_id', r.account_id, 'idempotency_key', r.idempotency_key
            ) as operation
        into r_first
        from unnest(v_results) as r
        where r.outcome = 'refused'
        order by r.index
        limit 1;
        perform credits_private.raise_refusal(r_first.refusal, r_first.operation);
    end if;
    return credits_private.batch_of(v_results);
end
$$;

comment on function credits.deduct_credits_batch(jsonb, boolean) is
'Spends up to 1000 times in one transaction, over any accounts, each operation like a deduct_credit.

p_operations is an array of objects with account_id, amount (1 if not given), feature, member,
reference, idempotency_key (required) and metadata. Operations of one account take effect in the
order given. results has an object for each, in that order: index, account_id, idempotency_key,
outcome (ok, replay or refused), receipt (null if refused) and refusal (what DETAIL would say). What
is malformed refuses the whole call before anything is locked, naming its index, with
invalid_argument (400). With p_all_or_nothing the first refusal raises its own error, with index,
account_id and idempotency_key in DETAIL, and nothing has changed.';
