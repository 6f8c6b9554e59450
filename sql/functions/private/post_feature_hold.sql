-- Holds what a use of a feature may cost, a whole locked step. The hold keeps the rate card by
-- which its captures are priced.
create or replace function credits_private.post_feature_hold(
    p_account_id text,
    p_feature text,
    p_quantity bigint,
    p_modifiers jsonb,
    p_expires_in interval,
    p_member text,
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
    v_card credits_private.rate_cards;
    v_credits bigint;
begin
    v_entry.kind := 'hold';
    v_entry.feature := p_feature;
    v_entry.member := p_member;
    v_entry.reference := p_reference;
    v_entry.idempotency_key := p_idempotency_key;
    v_entry.request := credits_private.describe_use(p_quantity, p_modifiers)
        || coalesce(credits_private.describe_hold_time(p_expires_in), '{}');
    v_entry.metadata := p_metadata;

    v_state := credits_private.lock_account(p_account_id, p_create => false);
    v_receipt := credits_private.find_replay_of_use(p_account_id, p_idempotency_key, v_entry);
    if v_receipt.entry_id is not null then
        return v_receipt;
    end if;

    v_card := credits_private.find_rate_card(p_feature, v_state.now);
    v_credits := credits_private.price_use(v_card, p_quantity, p_modifiers);
    perform credits_private.check_argument(
        'p_quantity', v_credits > 0,
        'a quantity that costs something: what costs nothing needs no hold'
    );
    v_entry.request := v_entry.request || jsonb_build_object('rate_card', v_card.version);
    return credits_private.take_hold(v_state, v_entry, v_credits, p_expires_in);
end
$$;
