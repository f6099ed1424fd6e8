create table if not exists `{table}_schema` (
    version bigint not null primary key,
    compatible_from bigint not null
)
engine = InnoDB default character set = binary;

create table if not exists `{table}` (
    id bigint not null auto_increment primary key,
    `key` binary(34) not null,
    data longblob not null,
    creation_date bigint not null,
    modification_date bigint not null,
    expires bigint,
    idle_timeout bigint,
    owner mediumblob,
    label mediumblob,
    version bigint not null,
    moved_to bigint,
    purge_date bigint,
    owner_hash binary(32) generated always as (unhex(sha2(owner, 256))) stored,
    unique key by_key (`key`),
    key by_owner (owner_hash, id),
    key by_purge_date (purge_date)
)
engine = InnoDB row_format = dynamic default character set = binary;

insert ignore into `{table}_schema` (version, compatible_from)
values (1, 1);
