-- Sets what a feature costs from an instant on, as a new version. Locks the feature's row.
-- The same again returns the version that says so already.
-- Raises invalid_argument, feature_not_found. For credits_admin.
create or replace function credits.set_rate_card(
    p_feature text,
    p_base numeric,
    p_charge text default 'per_unit',
    p_modifiers jsonb default null,
    p_defaults jsonb default null,
    p_minimum bigint default null,
    p_maximum bigint default null,
    p_rounding text default 'up',
    p_valid_from timestamptz default null
)
returns credits.rate_card
language plpgsql
volatile
parallel unsafe
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_now timestamptz;
    v_card credits_private.rate_cards;
    v_same credits_private.rate_cards;
begin
    perform credits_private.check_argument(
        'p_feature', p_feature is not null, 'name of a feature; list_features shows them'
    );
    v_card.feature := p_feature;
    v_card.base := trim_scale(p_base);
    v_card.charge := coalesce(p_charge, 'per_unit');
    v_card.modifiers := coalesce(p_modifiers, '{}');
    v_card.defaults := coalesce(p_defaults, '{}');
    v_card.minimum := coalesce(p_minimum, 0);
    v_card.maximum := p_maximum;
    v_card.rounding := coalesce(p_rounding, 'up');
    perform credits_private.check_rate_card(v_card);
    perform credits_private.check_instant('p_valid_from', p_valid_from);

    perform
    from credits_private.features f
    where f.feature = p_feature
    for no key update;
    if not found then
        perform credits_private.fail(
            'feature_not_found',
            jsonb_build_object(
                'feature', p_feature,
                'allowed', (
                    select jsonb_agg(f.feature order by f.feature)
                    from credits_private.features f
                )
            )
        );
    end if;
    v_now := credits_private.clock();
    perform credits_private.check_argument(
        'p_valid_from', coalesce(p_valid_from, v_now) >= v_now,
        'null for now, or an instant that is not past'
    );
    v_card.valid_from := coalesce(p_valid_from, v_now);

    select c.* into v_same
    from credits_private.rate_cards c
    where c.feature = p_feature and c.valid_from <= v_card.valid_from
    order by c.valid_from desc, c.version desc
    limit 1;
    if (v_same.base, v_same.charge, v_same.modifiers, v_same.defaults, v_same.minimum,
        v_same.maximum, v_same.rounding)
        is not distinct from (v_card.base, v_card.charge, v_card.modifiers, v_card.defaults,
        v_card.minimum, v_card.maximum, v_card.rounding)
    then
        return credits_private.rate_card_row(v_same);
    end if;

    select coalesce(max(c.version), 0) + 1 into v_card.version
    from credits_private.rate_cards c
    where c.feature = p_feature;
    v_card.created_at := v_now;
    insert into credits_private.rate_cards values (v_card.*);
    return credits_private.rate_card_row(v_card);
end
$$;

comment on function credits.set_rate_card(
    text, numeric, text, jsonb, jsonb, bigint, bigint, text, timestamptz
) is
'Sets what a feature costs, from now or p_valid_from on: p_base times the factor of each modifier,
times the quantity unless p_charge is per_use; made whole once, by p_rounding (up, down or nearest);
then at least p_minimum and at most p_maximum.

p_modifiers is an object such as {"mode": {"fast": 1, "hd": 2.5}}. Whoever uses the feature has to
choose an option of each, unless p_defaults ({"mode": "fast"}) names one. Older versions stay, and
entries of the ledger name the one that they were priced by.';
