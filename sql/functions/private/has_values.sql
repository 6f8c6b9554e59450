-- Whether an object of Stripe has these values; of an object inside it only the keys named. A value
-- that is absent and one that is null are the same.
create or replace function credits_private.has_values(p_object jsonb, p_values jsonb)
returns boolean
language sql
immutable
parallel safe
security invoker
set search_path = pg_catalog, pg_temp
as $$
    select coalesce(bool_and(
        case
            when jsonb_typeof(v.value) = 'object' and jsonb_typeof(p_object -> v.key) = 'object'
                then not exists (
                    select
                    from jsonb_each(v.value) as i (key, value)
                    where nullif(p_object -> v.key -> i.key, 'null')
                        is distinct from nullif(i.value, 'null')
                )
            else nullif(p_object -> v.key, 'null') is not distinct from nullif(v.value, 'null')
        end
    ), false)
    from jsonb_each(coalesce(p_values, '{}')) as v (key, value)
$$;
