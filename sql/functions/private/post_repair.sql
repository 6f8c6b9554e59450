-- Makes lots and holds what the entries say, a whole locked step, and books what was changed. Then
-- everything that depends on them is decided anew: what is due, debt that a lot can pay, which lot
-- is open. Goes on while the account is frozen or closed.
create or replace function credits_private.post_repair(
    p_account_id text,
    p_reason text,
    p_person text,
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
    v_rebuilt credits_private.rebuilt;
    v_repaired jsonb;
    v_lot_ids bigint[] := '{}'::bigint[];
    v_hold_ids bigint[] := '{}'::bigint[];
    r_wrong credits.difference;
begin
    v_entry.kind := 'repair';
    v_entry.reference := p_reference;
    v_entry.idempotency_key := p_idempotency_key;
    v_entry.request := jsonb_build_object('reason', p_reason, 'person', p_person);
    v_entry.metadata := p_metadata;

    v_state := credits_private.lock_account(p_account_id, p_create => false);
    -- What was repaired then is not part of what a replay has to ask.
    select jsonb_build_object('repaired', l.request -> 'repaired') into v_repaired
    from credits_private.ledger l
    where l.account_id = p_account_id
        and l.idempotency_key = p_idempotency_key
        and l.kind = 'repair';
    v_entry.request := v_entry.request || coalesce(v_repaired, '{}');
    v_receipt := credits_private.find_replay(p_account_id, p_idempotency_key, v_entry);
    if v_receipt.entry_id is not null then
        return v_receipt;
    end if;

    perform credits_private.check_known(v_state);
    v_rebuilt := credits_private.rebuild_entries(p_account_id);
    v_repaired := '[]'::jsonb;
    for r_wrong in
        select d.* from credits_private.differences(p_account_id, v_rebuilt) as d
    loop
        if not r_wrong.is_repairable then
            perform credits_private.fail(
                'not_repairable',
                jsonb_build_object(
                    'account_id', p_account_id, 'part', r_wrong.part, 'number', r_wrong.number,
                    'field', r_wrong.field, 'stored', r_wrong.stored, 'rebuilt', r_wrong.rebuilt
                )
            );
        end if;
        v_repaired := v_repaired || (to_jsonb(r_wrong) - '{account_id,is_repairable}'::text[]);
        if r_wrong.part = 'lot' then
            v_lot_ids := v_lot_ids || r_wrong.number;
        elsif r_wrong.part = 'hold' then
            v_hold_ids := v_hold_ids || r_wrong.number;
        end if;
    end loop;
    v_entry.request := v_entry.request || jsonb_build_object('repaired', v_repaired);
    perform credits_private.repair_lots(p_account_id, v_lot_ids, v_rebuilt);
    perform credits_private.repair_holds(p_account_id, v_hold_ids, v_rebuilt);

    -- The date in the newest entry may be too late: everything is asked anew.
    v_state.next_event_at := '-infinity';
    v_state := credits_private.catch_up(v_state);
    v_state := credits_private.book(v_state, v_entry);
    v_state := credits_private.settle_debt(v_state);
    return credits_private.finish_command(v_state);
end
$$;
