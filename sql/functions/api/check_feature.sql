-- Whether use_feature would pass now. Locks and books nothing.
-- Raises invalid_argument, feature_not_found, feature_inactive.
-- For credits_service, credits_admin and credits_reader.
create or replace function credits.check_feature(
    p_account_id text,
    p_feature text,
    p_quantity bigint default 1,
    p_modifiers jsonb default null,
    p_member text default null
)
returns credits.feature_check
language plpgsql
stable
parallel safe
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_check credits.feature_check;
    v_balance credits.balance;
    v_card credits_private.rate_cards;
begin
    perform credits_private.check_account_id(p_account_id);
    perform credits_private.check_use(p_feature, p_quantity, p_modifiers, p_member);
    v_balance := credits.get_balance(p_account_id);
    v_card := credits_private.find_rate_card(p_feature, v_balance.as_of);

    v_check.account_id := p_account_id;
    v_check.feature := p_feature;
    v_check.quantity := p_quantity;
    v_check.credits := credits_private.price_use(v_card, p_quantity, p_modifiers);
    v_check.refusal := credits_private.foresee_use(v_balance, v_check.credits, p_member);
    v_check.is_allowed := v_check.refusal is null;
    v_check.available := v_balance.available;
    v_check.as_of := v_balance.as_of;
    return v_check;
end
$$;

comment on function credits.check_feature(text, text, bigint, jsonb, text) is
'Says whether use_feature would pass at this instant, without spending: is_allowed, and else refusal
with what DETAIL of the error would say.

It promises nothing for later. A hold past its deadline counts as open until it is released, as in
get_balance.';
