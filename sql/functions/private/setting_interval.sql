-- Value of a setting that is a duration, in seconds alone.
create or replace function credits_private.setting_interval(p_setting text)
returns interval
language sql
stable
parallel safe
security invoker
as $$
    select credits_private.exact_interval(credits_private.setting(p_setting)::interval)
$$;
