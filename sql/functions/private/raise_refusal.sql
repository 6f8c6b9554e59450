-- Raises a refusal, with more values for DETAIL if there are any. Null is no refusal and passes.
create or replace function credits_private.raise_refusal(
    p_refusal jsonb,
    p_more jsonb default '{}'
)
returns void
language plpgsql
stable
parallel safe
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
    if p_refusal is not null then
        perform credits_private.fail(p_refusal ->> 'code', p_refusal || p_more);
    end if;
end
$$;
