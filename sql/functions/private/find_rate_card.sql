-- The rate card of a feature that counts at an instant. Refuses a feature that is unknown
-- (feature_not_found) or cannot be used then (feature_inactive).
create or replace function credits_private.find_rate_card(
    p_feature text,
    p_at timestamptz
)
returns credits_private.rate_cards
language plpgsql
stable
parallel safe
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_card credits_private.rate_cards := credits_private.rate_card_at(p_feature, p_at);
    v_is_active boolean;
begin
    if v_card.feature is null then
        select f.is_active into v_is_active
        from credits_private.features f
        where f.feature = p_feature;
        if not found then
            perform credits_private.fail(
                'feature_not_found',
                jsonb_build_object(
                    'feature', p_feature, 'allowed', credits_private.usable_features(p_at)
                )
            );
        end if;
        perform credits_private.fail(
            'feature_inactive',
            jsonb_build_object(
                'feature', p_feature,
                'reason', case
                    when v_is_active then 'no rate card counts yet' else 'it is switched off'
                end,
                'allowed', credits_private.usable_features(p_at)
            )
        );
    end if;
    return v_card;
end
$$;
