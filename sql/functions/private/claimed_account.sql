-- Account of the signed-in end user, from the verified claims of the request. They are an ordinary
-- setting, which every login can write: they count only where the login is the API server's, as the
-- setting api_logins names it. Raises not_signed_in.
create or replace function credits_private.claimed_account()
returns text
language plpgsql
stable
parallel safe
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_claim text := credits_private.setting('account_claim');
    v_value jsonb;
    v_reason text;
begin
    if session_user <> all (string_to_array(credits_private.setting('api_logins'), ',')) then
        v_reason := 'the login is not one of the setting api_logins';
    else
        v_value := nullif(current_setting('request.jwt.claims', true), '')::jsonb
            #> string_to_array(v_claim, '.');
        if (
            jsonb_typeof(v_value) in ('string', 'number')
            and length(v_value #>> '{}') between 1 and 255
        ) is not true then
            v_reason := 'the token has no such claim of 1 to 255 characters';
        end if;
    end if;
    if v_reason is not null then
        perform credits_private.fail(
            'not_signed_in', jsonb_build_object('claim', v_claim, 'reason', v_reason)
        );
    end if;
    return v_value #>> '{}';
end
$$;
