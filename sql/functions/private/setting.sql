-- Value of a setting, as text.
create or replace function credits_private.setting(p_setting text)
returns text
language sql
stable
parallel safe
security invoker
as $$
    select s.value from credits_private.settings s where s.setting = p_setting
$$;
