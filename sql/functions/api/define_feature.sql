-- Defines a feature, or changes the description, unit or activity of one. Locks the feature's row.
-- Defining it again does no harm. Raises invalid_argument. For credits_admin.
create or replace function credits.define_feature(
    p_feature text,
    p_description text default null,
    p_unit text default null,
    p_is_active boolean default null
)
returns credits.feature
language plpgsql
volatile
parallel unsafe
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_now timestamptz := credits_private.clock();
    v_feature credits_private.features;
begin
    perform credits_private.check_argument(
        'p_feature', p_feature ~ '^[A-Za-z0-9_.-]{1,63}$' and p_feature <> 'subscription',
        '1 to 63 letters, digits and characters of _.-, but not subscription'
    );
    perform credits_private.check_text('p_description', p_description, 1000);
    perform credits_private.check_text('p_unit', p_unit, 63);

    insert into credits_private.features as f (feature, description, unit, is_active, created_at)
    values (
        p_feature, p_description, coalesce(p_unit, 'use'), coalesce(p_is_active, true), v_now
    )
    on conflict (feature) do update
    set description = coalesce(p_description, f.description),
        unit = coalesce(p_unit, f.unit),
        is_active = coalesce(p_is_active, f.is_active)
    returning f.* into v_feature;
    return credits_private.feature_row(v_feature, v_now);
end
$$;

comment on function credits.define_feature(text, text, text, boolean) is
'Defines a feature that credits can be used for; set_rate_card says what it costs. Defined again, it
changes what is given, null leaves as it was.

p_unit names what a quantity counts, such as page or second. With p_is_active false it cannot be
used or held (feature_inactive, 409); what was used stays, and open holds can be captured.';
