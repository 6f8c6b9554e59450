-- What an inbox costs that only stores: the text of an event, once.
create schema bare;

create table bare.events (
    event_id text collate "C" not null,
    payload text not null,
    received_at timestamptz not null default now(),
    constraint events_pkey primary key (event_id)
);

create table bare.sample (
    payload text not null
);
