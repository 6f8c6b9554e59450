-- Grants lots and records the payment that bought them, a whole locked step. Replays by key, by
-- payment and by subscription period; opens an unknown account; refuses a closed one, and an
-- expiry in the past unless p_late. Order: grant, roll over, claw what has gone back already, grant
-- what else is due by now, expire what is late, settle debt. The first grant carries key and
-- metadata.
create or replace function credits_private.post_grants(
    p_account_id text,
    p_grants credits_private.grant_order[],
    p_payment credits_private.payment_order,
    p_late boolean,
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
    v_state credits_private.account_state;
    v_entry credits_private.ledger;
    v_receipt credits.receipt;
    v_grant credits_private.grant_order;
    v_payment credits_private.payments;
    v_granted numeric := 0;
    v_pending numeric := 0;
    v_to_come bigint;
begin
    v_entry.kind := 'grant';
    v_entry.reference := p_reference;
    v_entry.idempotency_key := p_idempotency_key;
    v_entry.request := credits_private.describe_grants(p_grants, p_payment);
    v_entry.metadata := p_metadata;

    v_state := credits_private.lock_account(p_account_id, p_create => true);
    v_receipt := credits_private.find_replay(p_account_id, p_idempotency_key, v_entry);
    if v_receipt.entry_id is not null and v_state.merged_into is not null then
        return v_receipt;
    elsif v_receipt.entry_id is not null and p_payment.object_id is not null then
        -- A repeated signal may know further ids of the payment.
        perform credits_private.insert_refs(p_account_id, v_receipt.command_id, p_payment);
    elsif p_payment.object_id is not null then
        v_receipt := credits_private.find_paid(p_account_id, v_entry.request, p_payment);
    end if;
    if v_receipt.entry_id is null then
        v_receipt := credits_private.find_period(p_account_id, p_grants, p_payment);
    end if;
    if v_receipt.entry_id is not null then
        return v_receipt;
    end if;

    perform credits_private.check_status(v_state, array['active', 'frozen']);
    v_state := credits_private.catch_up(v_state);
    foreach v_grant in array p_grants loop
        v_to_come := 0;
        if v_grant.grant_months is not null then
            v_to_come := credits_private.grants_to_come(
                credits_private.item_of(p_account_id, v_grant, null)
            );
        end if;
        v_pending := v_pending + v_grant.amount::numeric * v_to_come;
        v_granted := v_granted + v_grant.amount::numeric * (1 + v_to_come);
        if v_grant.item is not null then
            v_state := credits_private.finish_schedule(v_state, v_grant);
        end if;
    end loop;
    if p_payment.object_id is not null then
        v_payment := credits_private.insert_payment(v_state, p_payment, v_granted, v_pending);
    end if;
    foreach v_grant in array p_grants loop
        v_state := credits_private.grant_lot(v_state, v_grant, v_payment, p_late, v_entry);
        v_entry := null;
        v_entry.kind := 'grant';
        v_entry.reference := p_reference;
    end loop;
    if v_payment.amount_returned > 0 then
        v_state := credits_private.move_target(
            v_state,
            v_payment,
            credits_private.share_of(
                v_payment.granted, v_payment.amount_paid, v_payment.amount_returned
            ),
            null
        );
    end if;
    v_state := credits_private.book_schedule(v_state, p_on_their_own => false);
    v_state := credits_private.book_due(
        v_state, v_state.now, p_limit => null, p_on_their_own => false
    );
    v_state := credits_private.settle_debt(v_state);
    foreach v_grant in array p_grants loop
        if v_grant.item is not null then
            v_state := credits_private.note_subscription(v_state, v_grant.subscription);
        end if;
    end loop;
    return credits_private.finish_command(v_state);
end
$$;
