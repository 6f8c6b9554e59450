-- Takes credits out of one account's lots, in burn order or of one pool, and puts them into lots of
-- their own in another account, a whole step under both locks. Each new lot keeps pool, priority,
-- expiry and its share of the cost; payment and subscription stay with the giver.
create or replace function credits_private.post_transfer(
    p_account_id text,
    p_to_account_id text,
    p_amount bigint,
    p_pool text,
    p_reference text,
    p_idempotency_key text,
    p_metadata jsonb
)
returns credits.receipt
language plpgsql
volatile
parallel unsafe
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_states credits_private.account_state[];
    v_giver credits_private.account_state;
    v_receiver credits_private.account_state;
    v_entry credits_private.ledger;
    v_receipt credits.receipt;
    v_taken bigint;
begin
    v_entry.kind := 'transfer';
    v_entry.amount := -p_amount;
    v_entry.other_account_id := p_to_account_id;
    v_entry.reference := p_reference;
    v_entry.idempotency_key := p_idempotency_key;
    v_entry.request := jsonb_strip_nulls(
        jsonb_build_object('to_account_id', p_to_account_id, 'pool', p_pool)
    );
    v_entry.metadata := p_metadata;

    v_states := credits_private.lock_pair(p_account_id, p_to_account_id, p_create => false);
    v_giver := v_states[1];
    v_receiver := v_states[2];
    v_receipt := credits_private.find_replay(p_account_id, p_idempotency_key, v_entry);
    if v_receipt.entry_id is not null then
        return v_receipt;
    end if;

    perform credits_private.check_status(v_giver, array['active']);
    perform credits_private.check_status(v_receiver, array['active', 'frozen']);
    v_giver := credits_private.catch_up(v_giver);
    perform credits_private.check_affordable(
        v_giver, case when p_pool is null then p_amount else 0 end
    );
    v_entry.allocations := credits_private.take_credits(
        p_account_id, p_amount, case when p_pool is not null then array[p_pool] end
    );
    v_taken := -credits_private.sum_allocations(v_entry.allocations);
    if v_taken < p_amount then
        perform credits_private.fail(
            'insufficient_credits', jsonb_build_object('required', p_amount, 'available', v_taken)
        );
    end if;

    v_receiver := credits_private.catch_up(v_receiver);
    v_entry.other_entry_id := v_receiver.entry_id + 1;
    v_giver := credits_private.book(v_giver, v_entry);
    v_receiver := credits_private.receive_lots(
        v_receiver, p_account_id, v_giver.entry_id, v_entry.allocations, p_reference
    );
    v_receiver := credits_private.settle_debt(v_receiver);
    perform credits_private.finish_command(v_receiver);
    return credits_private.finish_command(v_giver);
end
$$;
