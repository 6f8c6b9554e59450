-- Captures of a hold, a whole locked step. What it captures is first given up by the hold (a
-- command of its own) and then taken for good; a final capture gives the rest back to the lots.
-- What exceeds the hold is taken as a spend would; if that is refused, p_if_short decides.
-- With a quantity of the feature instead of an amount, the rate card of the hold prices it.
create or replace function credits_private.post_capture(
    p_account_id text,
    p_hold_id bigint,
    p_amount bigint,
    p_quantity bigint,
    p_final boolean,
    p_if_short text,
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
    v_release credits_private.ledger;
    v_receipt credits.receipt;
    v_refusal jsonb;
    v_hold credits_private.holds;
    v_taken jsonb;
    v_held_at timestamptz;
    v_amount bigint := p_amount;
    v_held bigint;
    v_part bigint;
    v_over bigint;
begin
    v_entry.kind := 'capture';
    v_entry.idempotency_key := p_idempotency_key;
    v_entry.request := jsonb_strip_nulls(jsonb_build_object(
        'hold_id', p_hold_id, 'amount', p_amount, 'quantity', p_quantity, 'final', p_final,
        'if_short', p_if_short
    ));
    v_entry.metadata := p_metadata;

    v_state := credits_private.lock_account(p_account_id, p_create => false);
    select l.feature, l.member, coalesce(p_reference, l.reference), l.occurred_at
    into v_entry.feature, v_entry.member, v_entry.reference, v_held_at
    from credits_private.ledger l
    where l.account_id = p_account_id and l.entry_id = p_hold_id and l.kind = 'hold';
    v_receipt := credits_private.find_replay(p_account_id, p_idempotency_key, v_entry);
    if v_receipt.entry_id is not null then
        return v_receipt;
    end if;

    v_hold := credits_private.find_hold(v_state, p_hold_id);
    perform credits_private.check_status(v_state, array['active', 'frozen']);
    if p_quantity is not null then
        select credits_private.price_capture(l, p_quantity) into v_amount
        from credits_private.ledger l
        where l.account_id = p_account_id and l.entry_id = p_hold_id;
    end if;
    v_held := v_hold.amount - v_hold.captured;
    v_part := least(coalesce(v_amount, v_held), v_held);
    v_over := coalesce(v_amount, v_held) - v_part;
    v_state := credits_private.catch_up(v_state);
    if v_over > 0 then
        v_refusal := credits_private.spend_refusal(v_state, v_over, v_entry.member);
        if p_if_short = 'partial' and v_part > 0 and v_refusal is not null then
            v_over := 0;
        else
            perform credits_private.raise_refusal(v_refusal);
        end if;
    end if;
    perform credits_private.check_argument(
        'p_amount', v_part + v_over > 0,
        'how much to capture: the hold holds nothing any more'
    );

    v_taken := credits_private.hold_allocations(p_account_id, p_hold_id);
    if v_held > 0 then
        v_release.kind := 'release';
        v_release.about_entry_id := p_hold_id;
        v_release.member := v_entry.member;
        v_release.allocations := credits_private.reverse_allocations(
            v_taken,
            case when p_final then 0 else v_held - v_part end,
            case when p_final then v_held else v_part end
        );
        v_state := credits_private.book(v_state, v_release);
        v_state.command_id := null;
    end if;
    v_entry.about_entry_id := p_hold_id;
    v_entry.allocations := credits_private.slice_allocations(v_taken, v_hold.captured, v_part)
        || credits_private.take_credits(p_account_id, v_over);
    v_state := credits_private.book(v_state, v_entry);
    perform credits_private.count_use(p_account_id, v_entry.member, v_state.now, v_over);

    update credits_private.holds h
    set captured = h.captured + v_part, status = case when p_final then 'captured' else 'open' end
    where h.account_id = p_account_id and h.hold_id = p_hold_id;
    if p_final then
        perform credits_private.count_use(
            p_account_id, v_entry.member, v_held_at, v_part - v_held
        );
        v_state := credits_private.put_back(
            v_state,
            credits_private.reverse_allocations(v_taken, 0, v_held - v_part),
            'lapse'
        );
        v_state := credits_private.settle_debt(v_state);
    end if;
    return credits_private.finish_command(v_state);
end
$$;
