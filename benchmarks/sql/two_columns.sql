-- The baseline: what most applications build by hand. Two balances in the user's row, a log with
-- an id of its own, a foreign key, a globally unique key, and an index for the user's history.
create schema two_columns;

create table two_columns.profiles (
    id uuid not null,
    subscription_balance integer not null default 0,
    purchased_balance integer not null default 0,
    updated_at timestamptz not null default now(),
    constraint profiles_pkey primary key (id)
);

create table two_columns.transactions (
    id uuid not null default gen_random_uuid(),
    user_id uuid not null,
    amount integer not null,
    type text not null,
    description text,
    reference_id text,
    idempotency_key text,
    created_at timestamptz not null default now(),
    constraint transactions_pkey primary key (id),
    constraint transactions_user_id_fkey foreign key (user_id) references two_columns.profiles,
    constraint transactions_idempotency_key unique (idempotency_key)
);
create index transactions_history_idx on two_columns.transactions (user_id, created_at desc);

create function two_columns.consume(
    p_user_id uuid,
    p_amount integer,
    p_reference_id text,
    p_idempotency_key text,
    out from_subscription integer,
    out from_purchased integer,
    out total integer
)
language plpgsql
as $$
declare
    v_subscription integer;
    v_purchased integer;
begin
    select p.subscription_balance, p.purchased_balance
    into v_subscription, v_purchased
    from two_columns.profiles p
    where p.id = p_user_id
    for update;
    if not found then
        raise exception 'unknown user';
    end if;

    perform from two_columns.transactions t where t.idempotency_key = p_idempotency_key;
    if found then
        total := v_subscription + v_purchased;
        return;
    end if;
    if v_subscription + v_purchased < p_amount then
        raise exception 'insufficient credits';
    end if;

    from_subscription := least(v_subscription, p_amount);
    from_purchased := p_amount - from_subscription;
    total := v_subscription + v_purchased - p_amount;
    update two_columns.profiles p
    set subscription_balance = v_subscription - from_subscription,
        purchased_balance = v_purchased - from_purchased,
        updated_at = now()
    where p.id = p_user_id;
    insert into two_columns.transactions (
        user_id, amount, type, description, reference_id, idempotency_key
    )
    values (p_user_id, -p_amount, 'usage', 'spend', p_reference_id, p_idempotency_key);
end
$$;
