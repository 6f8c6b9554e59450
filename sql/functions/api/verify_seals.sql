-- Checks the chains of accounts, and that each still has the head that was exported earlier.
-- p_heads is an array of rows of list_seals or get_seal, at most 1000. Locks nothing.
-- Returns one row per violation. Raises invalid_argument.
-- For credits_service, credits_admin and credits_reader.
create or replace function credits.verify_seals(p_heads jsonb)
returns setof credits.finding
language plpgsql
stable
parallel safe
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_account_id text;
    v_entry_id bigint;
    v_hash text;
    v_found text;
    r_head record;
begin
    perform credits_private.check_argument(
        'p_heads',
        case when jsonb_typeof(p_heads) = 'array' then jsonb_array_length(p_heads) <= 1000 end,
        'array of at most 1000 heads'
    );
    for r_head in
        select format('p_heads[%s]', h.number - 1) as path, h.head
        from jsonb_array_elements(p_heads) with ordinality as h (head, number)
    loop
        perform credits_private.check_argument(
            r_head.path, jsonb_typeof(r_head.head) = 'object',
            'object with account_id, entry_id and hash'
        );
        v_account_id := credits_private.parse_text(
            r_head.path || '.account_id', r_head.head -> 'account_id', 255
        );
        v_entry_id := credits_private.parse_whole_number(
            r_head.path || '.entry_id', r_head.head -> 'entry_id'
        );
        v_hash := credits_private.parse_text(r_head.path || '.hash', r_head.head -> 'hash', 64);
        perform credits_private.check_argument(
            r_head.path || '.account_id', v_account_id is not null, '1 to 255 characters'
        );
        perform credits_private.check_argument(
            r_head.path || '.entry_id', v_entry_id >= 1, 'number of an entry'
        );
        perform credits_private.check_argument(
            r_head.path || '.hash', v_hash ~ '^[0-9a-f]{64}$', '64 hexadecimal digits'
        );

        select encode(s.hash, 'hex') into v_found
        from credits_private.seals s
        where s.account_id = v_account_id and s.entry_id = v_entry_id;
        if v_found is distinct from v_hash then
            return next row(
                v_account_id, 'history is not the one whose head was exported', v_entry_id, null,
                v_hash, coalesce(v_found, 'none')
            )::credits.finding;
        end if;
        return query select c.* from credits_private.verify_chain(v_account_id) as c;
    end loop;
end
$$;

comment on function credits.verify_seals(jsonb) is
'One row per violation in the chains of these accounts; none means that every entry up to the given
heads is what it was when they were exported.

`pgcredits seal check` calls it for a whole file of heads.';
