-- Refuses a use that no feature could have: its name, quantity, modifiers and member.
create or replace function credits_private.check_use(
    p_feature text,
    p_quantity bigint,
    p_modifiers jsonb,
    p_member text
)
returns void
language plpgsql
stable
parallel safe
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
    perform credits_private.check_argument(
        'p_feature', p_feature is not null, 'name of a feature; list_features shows them'
    );
    perform credits_private.check_amount('p_quantity', p_quantity);
    perform credits_private.check_argument(
        'p_modifiers',
        p_modifiers is null or jsonb_typeof(p_modifiers) = 'object',
        'null or a JSON object of modifiers and their options'
    );
    perform credits_private.check_text('p_member', p_member);
end
$$;
