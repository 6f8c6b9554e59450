-- Spends from one account in the order given, a whole locked step: the step of all spends but the
-- common single one. A refusal stops none of the others. Each spend is a command of its own and has
-- the result that it would have had alone; the entries are written in one statement.
-- While the open lot holds enough, a spend is arithmetic; else it crosses lots.
create or replace function credits_private.post_spends(
    p_account_id text,
    p_orders credits_private.spend_order[]
)
returns credits_private.spend_result[]
language plpgsql
volatile
parallel unsafe
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_state credits_private.account_state;
    v_open_lot_id bigint;
    v_is_checked_in boolean := false;
    v_recorded credits_private.ledger[];
    v_found credits_private.ledger;
    v_entry credits_private.ledger;
    v_entries credits_private.ledger[] := array[]::credits_private.ledger[];
    v_order credits_private.spend_order;
    v_result credits_private.spend_result;
    v_results credits_private.spend_result[] := array[]::credits_private.spend_result[];
begin
    v_state := credits_private.lock_account(p_account_id, p_create => false);
    v_open_lot_id := v_state.open_lot_id;
    v_recorded := credits_private.find_recorded(p_account_id, p_orders);

    -- Where nothing is due the balance is exact, and a refusal need not touch a lot.
    if v_state.next_event_at <= v_state.now
        and v_state.status = 'active'
        and exists (select from unnest(v_recorded) as r where r.entry_id is null)
    then
        v_state := credits_private.catch_up(v_state);
        v_is_checked_in := true;
        v_entries := v_state.entries;
        v_state.entries := '{}';
    end if;

    v_result.account_id := p_account_id;
    v_entry.account_id := p_account_id;
    v_entry.kind := 'spend';
    v_entry.debt := 0;
    v_entry.actor := credits_private.actor();
    v_entry.created_at := greatest(v_state.now, v_state.created_at);
    v_entry.occurred_at := v_state.now;
    foreach v_order in array p_orders loop
        v_entry.amount := -v_order.amount;
        v_entry.allocations := null;
        v_entry.feature := v_order.feature;
        v_entry.member := v_order.member;
        v_entry.reference := v_order.reference;
        v_entry.idempotency_key := v_order.idempotency_key;
        v_entry.metadata := v_order.metadata;
        v_result.index := v_order.index;
        v_result.idempotency_key := v_order.idempotency_key;
        v_result.refusal := null;
        v_found := v_recorded[cardinality(v_results) + 1];

        if v_found.entry_id is not null then
            v_result.refusal := credits_private.conflict_refusal(v_found, v_entry);
            if v_result.refusal is null then
                v_result.receipt := credits_private.receipt_of(p_account_id, v_found.command_id);
                v_result.outcome := 'replay';
            end if;
        else
            if v_state.status = 'active'
                and v_state.open_lot_remaining >= v_order.amount
                and (
                    v_order.member is null
                    or credits_private.admit_use(
                        p_account_id, v_order.member, v_state.now, v_order.amount, null
                    )
                )
            then
                v_state.entry_id := v_state.entry_id + 1;
                v_state.balance := v_state.balance - v_order.amount;
                v_state.open_lot_remaining := v_state.open_lot_remaining - v_order.amount;
                v_entry.entry_id := v_state.entry_id;
                v_entry.command_id := v_state.entry_id;
                v_entry.balance := v_state.balance;
                v_entry.open_lot_id := v_state.open_lot_id;
                v_entry.open_lot_remaining := v_state.open_lot_remaining;
            else
                v_result.refusal := credits_private.spend_refusal(
                    v_state, v_order.amount, v_order.member
                );
                if v_result.refusal is null then
                    perform credits_private.count_use(
                        p_account_id, v_order.member, v_state.now, v_order.amount
                    );
                    v_state.command_id := null;
                    v_state := credits_private.catch_up(v_state);
                    v_entry.allocations := credits_private.take_credits(
                        p_account_id, v_order.amount
                    );
                    v_state := credits_private.book(v_state, v_entry);
                    v_state := credits_private.check_out(v_state);
                    v_is_checked_in := false;
                    v_entry := v_state.entries[1];
                    v_entry.open_lot_id := v_state.open_lot_id;
                    v_entry.open_lot_remaining := v_state.open_lot_remaining;
                    v_state.entries := '{}';
                end if;
            end if;
            if v_result.refusal is null then
                v_entries := v_entries || v_entry;
                v_result.receipt := row(
                    p_account_id, v_entry.entry_id, v_entry.command_id, 'spend', v_entry.amount,
                    v_entry.balance, v_entry.balance, 0,
                    coalesce(
                        v_entry.allocations,
                        credits_private.allocation(v_entry.open_lot_id, v_entry.amount)
                    ),
                    false, v_entry.created_at
                )::credits.receipt;
                v_result.outcome := 'ok';
            end if;
        end if;
        if v_result.refusal is not null then
            v_result.receipt := null;
            v_result.outcome := 'refused';
        end if;
        v_results := v_results || v_result;
    end loop;

    if cardinality(v_entries) > 0 then
        if v_is_checked_in then
            v_state := credits_private.check_out(v_state);
        end if;
        v_state.entries := v_entries;
        perform credits_private.write_entries(v_state);
    elsif v_is_checked_in then
        -- No entry tells where the open lot's credits are: they go back to where the last one says.
        update credits_private.lots l
        set remaining = 0, is_open = true
        where l.account_id = p_account_id and l.lot_id = v_open_lot_id;
    end if;
    return v_results;
end
$$;
