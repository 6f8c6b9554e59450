-- Gives the credits of a spend or capture back, a whole locked step: to the same lots in reverse
-- of its allocation, after what earlier refunds gave back. Goes on while the account is frozen.
-- Where the account was merged, the credits pass on to where its lots are now.
create or replace function credits_private.post_refund(
    p_account_id text,
    p_entry_id bigint,
    p_spend_key text,
    p_amount bigint,
    p_if_expired text,
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
    v_spend credits_private.ledger;
    v_refunded bigint;
    v_amount bigint;
begin
    v_entry.kind := 'refund';
    v_entry.reference := p_reference;
    v_entry.idempotency_key := p_idempotency_key;
    v_entry.request := jsonb_strip_nulls(jsonb_build_object(
        'entry_id', p_entry_id, 'spend_key', p_spend_key, 'amount', p_amount, 'if_expired',
        p_if_expired
    ));
    v_entry.metadata := p_metadata;

    v_state := credits_private.lock_account(p_account_id, p_create => false);
    v_spend.entry_id := p_entry_id;
    if p_entry_id is null then
        select l.entry_id into v_spend.entry_id
        from credits_private.ledger l
        where l.account_id = p_account_id and l.idempotency_key = p_spend_key;
    end if;
    select l.* into v_spend
    from credits_private.ledger l
    where l.account_id = p_account_id and l.entry_id = v_spend.entry_id
        and l.kind in ('spend', 'capture');
    v_entry.member := v_spend.member;
    v_receipt := credits_private.find_replay(p_account_id, p_idempotency_key, v_entry);
    if v_receipt.entry_id is not null then
        return v_receipt;
    end if;

    if v_spend.entry_id is null then
        perform credits_private.fail(
            'entry_not_found',
            jsonb_build_object(
                'account_id', p_account_id, 'entry_id', p_entry_id, 'spend_key', p_spend_key
            ),
            'Name a spend or capture of this account by p_entry_id or p_spend_key.'
        );
    end if;
    select coalesce(sum(l.amount), 0) into v_refunded
    from credits_private.ledger l
    where l.account_id = p_account_id
        and l.about_entry_id = v_spend.entry_id
        and l.allocations is not null;
    v_amount := coalesce(p_amount, -v_spend.amount - v_refunded);
    if v_amount > -v_spend.amount - v_refunded or v_amount = 0 then
        perform credits_private.fail(
            'refund_exceeds_spend',
            jsonb_build_object(
                'entry_id', v_spend.entry_id, 'spent', -v_spend.amount, 'refunded', v_refunded,
                'refundable', -v_spend.amount - v_refunded
            )
        );
    end if;

    if v_state.merged_into is null then
        perform credits_private.check_status(v_state, array['active', 'frozen']);
    end if;
    v_state := credits_private.catch_up(v_state);
    v_entry.about_entry_id := v_spend.entry_id;
    v_entry.allocations := credits_private.reverse_allocations(
        credits_private.allocations_of(v_spend), v_refunded, v_amount
    );
    v_state := credits_private.book(v_state, v_entry);
    perform credits_private.count_return(v_spend, v_refunded, v_amount);
    if v_state.merged_into is not null then
        v_state := credits_private.pass_on(v_state, v_entry.allocations, p_if_expired);
    else
        v_state := credits_private.put_back(v_state, v_entry.allocations, p_if_expired);
        v_state := credits_private.settle_debt(v_state);
    end if;
    return credits_private.finish_command(v_state);
end
$$;
