-- A rate card as the API shows it.
create or replace function credits_private.rate_card_row(p_card credits_private.rate_cards)
returns credits.rate_card
language sql
immutable
parallel safe
security invoker
as $$
    select row(
        p_card.feature, p_card.version, p_card.base, p_card.charge, p_card.modifiers,
        p_card.defaults, p_card.minimum, p_card.maximum, p_card.rounding, p_card.valid_from,
        p_card.created_at
    )::credits.rate_card
$$;
