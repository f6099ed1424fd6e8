create table {schema}"{table}_schema" (
    version bigint not null,
    compatible_from bigint not null
);

create table {schema}"{table}" (
    id bigint generated always as identity primary key,
    key bytea not null unique,
    data bytea not null,
    creation_date bigint not null,
    modification_date bigint not null,
    expires bigint,
    idle_timeout bigint,
    owner bytea,
    label bytea,
    version bigint not null,
    moved_to bigint,
    purge_date bigint
)
with (fillfactor = 80, autovacuum_vacuum_scale_factor = 0.02, autovacuum_analyze_scale_factor = 0.05);

create index "{table}_by_owner"
on {schema}"{table}" (sha256(owner), id)
where owner is not null;

create index "{table}_by_purge_date"
on {schema}"{table}" (purge_date)
where purge_date is not null;

insert into {schema}"{table}_schema" (version, compatible_from)
values (1, 1);
