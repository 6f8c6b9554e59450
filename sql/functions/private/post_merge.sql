-- Merges an account into another one, a whole step under both locks: what is in its lots and what
-- it owes leaves it in one entry, its lots, payments, subscriptions and caps go on over there, and
-- it is closed for good. Open holds refuse the merge or, with p_if_holds release, are released
-- before.
create or replace function credits_private.post_merge(
    p_account_id text,
    p_into_account_id text,
    p_if_holds text,
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
    v_from credits_private.account_state;
    v_into credits_private.account_state;
    v_entry credits_private.ledger;
    v_receipt credits.receipt;
    v_subscriptions text[];
    v_subscription text;
    r_hold credits_private.holds;
begin
    v_entry.kind := 'merge';
    v_entry.other_account_id := p_into_account_id;
    v_entry.reference := p_reference;
    v_entry.idempotency_key := p_idempotency_key;
    v_entry.request := jsonb_build_object(
        'into_account_id', p_into_account_id, 'if_holds', p_if_holds
    );
    v_entry.metadata := p_metadata;

    v_states := credits_private.lock_pair(p_account_id, p_into_account_id, p_create => true);
    v_from := v_states[1];
    v_into := v_states[2];
    v_receipt := credits_private.find_replay(p_account_id, p_idempotency_key, v_entry);
    if v_receipt.entry_id is not null then
        return v_receipt;
    end if;

    perform credits_private.check_status(v_from, array['active']);
    perform credits_private.check_status(v_into, array['active', 'frozen']);
    v_from := credits_private.catch_up(v_from);
    v_into := credits_private.catch_up(v_into);
    for r_hold in
        select h.*
        from credits_private.holds h
        where h.account_id = p_account_id and h.status = 'open'
        order by h.hold_id
    loop
        if p_if_holds = 'refuse' then
            perform credits_private.fail(
                'holds_open',
                jsonb_build_object(
                    'account_id', p_account_id, 'held', credits_private.held_by(p_account_id)
                )
            );
        end if;
        v_from := credits_private.end_hold(v_from, r_hold, 'released', null);
        v_from.command_id := null;
    end loop;

    select coalesce(
        jsonb_agg(
            jsonb_build_array(l.lot_id, -l.remaining) order by l.priority, l.expires_at, l.lot_id
        ),
        '[]'
    )
    into v_entry.allocations
    from credits_private.lots l
    where l.account_id = p_account_id and l.is_open;
    if v_from.debt > 0 then
        v_entry.allocations := v_entry.allocations || credits_private.allocation(0, v_from.debt);
    end if;
    v_entry.other_entry_id := v_into.entry_id + 1;
    v_from := credits_private.book(v_from, v_entry);
    v_from.next_event_at := 'infinity';

    v_entry := null;
    v_entry.kind := 'merge';
    v_entry.other_account_id := p_account_id;
    v_entry.other_entry_id := v_from.entry_id;
    v_entry.reference := p_reference;
    v_into := credits_private.book(v_into, v_entry);
    v_into := credits_private.move_payments(v_into, p_account_id, v_from.entry_id);
    v_into := credits_private.move_lots(v_into, p_account_id, v_from.entry_id);
    select coalesce(array_agg(s.subscription order by s.subscription), '{}') into v_subscriptions
    from credits_private.subscriptions s
    where s.account_id = p_account_id;
    v_into := credits_private.move_subscriptions(v_into, p_account_id);
    foreach v_subscription in array v_subscriptions loop
        v_from := credits_private.note_subscription(v_from, v_subscription);
    end loop;
    v_into := credits_private.move_member_caps(v_into, p_account_id);
    v_into := credits_private.settle_debt(v_into);
    update credits_private.accounts a
    set status = 'closed', merged_into = p_into_account_id
    where a.account_id = p_account_id;
    perform credits_private.finish_command(v_into);
    return credits_private.finish_command(v_from);
end
$$;
