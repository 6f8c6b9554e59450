-- Raises a refusal, with more values for DETAIL if there are any. Null is no refusal and passes.
create or replace function credits_private.raise_refusal(
    p_refusal credits_private.refusal,
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
    if p_refusal.code is not null then
        perform credits_private.fail(p_refusal.code, p_refusal.details || p_more);
    end if;
end
$$;
