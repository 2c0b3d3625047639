-- A state directory as schema 4 left it, with the rows that a daemon of that time had written. Never changed: what it stands for is on disks.
BEGIN TRANSACTION;
CREATE TABLE _sqlx_migrations (
    version BIGINT PRIMARY KEY,
    description TEXT NOT NULL,
    installed_on TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP,
    success BOOLEAN NOT NULL,
    checksum BLOB NOT NULL,
    execution_time BIGINT NOT NULL
);
INSERT INTO "_sqlx_migrations" VALUES(1,'first','2026-11-20 11:00:00',1,X'52B8A6EBC9DEC2B76AB94B682830BF11C7BE6BD74C1498968D13842496F022B8D1573C5B24C242D65EE2C6DA7AF1A11A',1000);
INSERT INTO "_sqlx_migrations" VALUES(2,'hooks and waits','2026-11-20 11:00:00',1,X'F92E4BD6536A13D72027250FE0124C314DDCF9C91F03A05C476A7CA234F4F5D9784061AF9620F302D284B18123BBC3F3',1000);
INSERT INTO "_sqlx_migrations" VALUES(3,'failures in full','2026-11-20 11:00:00',1,X'4BF7A64DC6D3D8A14827A1ABC1D02195E10085A8A6BF0E3A2FE6BB49439F81C2551AE23F9DD8CB55F545E526F467D03E',1000);
INSERT INTO "_sqlx_migrations" VALUES(4,'whose run a completion is','2026-11-20 11:00:00',1,X'9031C2797E083F0F31CBB1250701F1296B128227FF9DF88EBC576DE752BB8238F863CD33F8B97EF1FB26B142984AB671',1000);
CREATE TABLE attempts (
    stack       TEXT NOT NULL REFERENCES stacks (name) ON DELETE CASCADE,
    object_kind TEXT NOT NULL CHECK (object_kind IN ('image', 'network', 'volume', 'container')),
    object_name TEXT NOT NULL,
    failures    INTEGER NOT NULL CHECK (failures >= 0),
    first_at    TEXT NOT NULL,
    last_at     TEXT NOT NULL,
    next_at     TEXT NOT NULL,
    reason      TEXT NOT NULL, times_json TEXT,
    PRIMARY KEY (stack, object_kind, object_name)
) STRICT, WITHOUT ROWID;
INSERT INTO "attempts" VALUES('shop','container','shop-web-3',3,'2026-11-20T11:04:00.000000000Z','2026-11-20T11:05:00.000000000Z','2026-11-20T11:05:08.000000000Z','exit 1','["2026-11-20T11:04:00.000000000Z","2026-11-20T11:04:20.000000000Z","2026-11-20T11:05:00.000000000Z"]');
CREATE TABLE audit (
    id     INTEGER PRIMARY KEY AUTOINCREMENT,
    at     TEXT NOT NULL,
    who    TEXT NOT NULL,
    method TEXT NOT NULL,
    path   TEXT NOT NULL,
    status INTEGER NOT NULL
) STRICT;
INSERT INTO "audit" VALUES(1,'2026-11-20T11:05:00.000000000Z','ci','POST','/v1/stacks/shop/up',202);
CREATE TABLE completions (
    stack       TEXT NOT NULL REFERENCES stacks (name) ON DELETE CASCADE,
    container   TEXT NOT NULL,
    service     TEXT NOT NULL,
    spec_hash   TEXT NOT NULL,
    epoch       INTEGER NOT NULL CHECK (epoch >= 0),
    finished_at TEXT NOT NULL, container_id TEXT NOT NULL DEFAULT '', started_at TEXT NOT NULL DEFAULT '1970-01-01T00:00:00Z',
    PRIMARY KEY (stack, container)
) STRICT, WITHOUT ROWID;
INSERT INTO "completions" VALUES('shop','shop-init-1','init','b854e20cd89cd0a83f0468ee8b549187fd781ce9666afe61838f14273b8f4ef1',2,'2026-11-20T11:03:30.000000000Z','c1','2026-11-20T11:02:00.000000000Z');
CREATE TABLE history (
    id        INTEGER PRIMARY KEY AUTOINCREMENT,
    at        TEXT NOT NULL,
    stack     TEXT,
    service   TEXT,
    operation TEXT,
    kind      TEXT NOT NULL,
    object    TEXT,
    message   TEXT NOT NULL,
    cause     TEXT,
    took_ms   INTEGER CHECK (took_ms >= 0)
, waits_json TEXT) STRICT;
INSERT INTO "history" VALUES(1,'2026-11-20T11:05:00.000000000Z','shop',NULL,'0196-2','operation_accepted',NULL,'up',NULL,NULL,NULL);
INSERT INTO "history" VALUES(2,'2026-11-20T11:05:01.000000000Z','shop','db','0196-2','step_started','container shop-db-1','create container shop-db-1','the file asks for it',NULL,'["db to be healthy"]');
INSERT INTO "history" VALUES(3,'2026-11-20T11:05:02.000000000Z','shop','db','0196-2','step_done','container shop-db-1','create container shop-db-1','the file asks for it',70,NULL);
CREATE TABLE hooks (
    stack     TEXT NOT NULL REFERENCES stacks (name) ON DELETE CASCADE,
    container TEXT NOT NULL,
    moment    TEXT NOT NULL CHECK (moment IN ('post_start', 'pre_stop')),
    run       TEXT NOT NULL,
    at        TEXT NOT NULL,
    failed    TEXT,
    PRIMARY KEY (stack, container, moment)
) STRICT, WITHOUT ROWID;
INSERT INTO "hooks" VALUES('shop','shop-web-3','post_start','2026-11-20T11:04:00.000000000Z','2026-11-20T11:04:01.000000000Z',NULL);
CREATE TABLE idempotency_keys (
    key         TEXT PRIMARY KEY,
    fingerprint TEXT NOT NULL,
    generation  INTEGER NOT NULL,
    operation   TEXT,
    created_at  TEXT NOT NULL
) STRICT;
INSERT INTO "idempotency_keys" VALUES('key-1','abc',3,'0196-2','2026-11-20T11:05:00.000000000Z');
CREATE TABLE last_words (
    stack     TEXT NOT NULL REFERENCES stacks (name) ON DELETE CASCADE,
    container TEXT NOT NULL,
    exit_at   TEXT NOT NULL,
    text      TEXT NOT NULL,
    PRIMARY KEY (stack, container)
) STRICT, WITHOUT ROWID;
INSERT INTO "last_words" VALUES('shop','shop-web-3','2026-11-20T11:05:00.000000000Z','cannot open its port');
CREATE TABLE operations (
    seq           INTEGER PRIMARY KEY AUTOINCREMENT,
    id            TEXT NOT NULL UNIQUE,
    stack         TEXT NOT NULL,
    verb          TEXT NOT NULL,
    services_json TEXT NOT NULL,
    state         TEXT NOT NULL CHECK (state IN ('running', 'succeeded', 'failed', 'superseded')),
    ended_at      TEXT CHECK ((ended_at IS NULL) = (state = 'running')),
    reason        TEXT CHECK ((reason IS NULL) = (state <> 'failed')),
    generation    INTEGER NOT NULL,
    created_at    TEXT NOT NULL,
    deadline      TEXT NOT NULL
) STRICT;
INSERT INTO "operations" VALUES(1,'0196-1','shop','reset','[]','succeeded','2026-11-20T11:02:00.000000000Z',NULL,2,'2026-11-20T11:01:30.000000000Z','2026-11-20T11:11:30.000000000Z');
INSERT INTO "operations" VALUES(2,'0196-2','shop','up','[]','running',NULL,NULL,3,'2026-11-20T11:05:00.000000000Z','2026-11-20T11:15:00.000000000Z');
CREATE TABLE revisions (
    stack           TEXT NOT NULL REFERENCES stacks (name) ON DELETE CASCADE,
    generation      INTEGER NOT NULL CHECK (generation >= 1),
    definition_json TEXT NOT NULL,
    resolved_json   TEXT NOT NULL,
    created_at      TEXT NOT NULL,
    PRIMARY KEY (stack, generation)
) STRICT, WITHOUT ROWID;
INSERT INTO "revisions" VALUES('old',1,'{"files":[{"path":"/srv/shop/compose.yaml","content":"services: {}\n"}],"compose_files":["/srv/shop/compose.yaml"],"environment":{},"profiles":[],"working_dir":"/srv/shop","env_files":[],"project_name":null}','{"name":"old","working_dir":"/srv/shop","config_files":["/srv/shop/compose.yaml"],"services":{"db":{"container":{"image":"postgres:16","healthcheck":{"test":{"shell":"nc -z 127.0.0.1 5432"},"interval_ns":1000000000},"environment":{"POSTGRES_PASSWORD":"hunter2"},"mounts":[{"source":{"volume":{"name":"shop_data","no_copy":false,"subpath":null}},"target":"/var/lib/postgresql/data","read_only":false}],"network_mode":"networks","networks":{"shop_default":{}}},"pull_policy":"missing","scale":1,"wishes":{}},"init":{"container":{"image":"tool:1","network_mode":"networks","networks":{"shop_default":{}}},"pull_policy":"missing","scale":1,"depends_on":{"db":{"condition":"service_healthy","required":true,"restart":false}},"wishes":{}},"web":{"container":{"image":"web:1","network_mode":"networks","networks":{"shop_default":{}}},"pull_policy":"missing","scale":1,"depends_on":{"db":{"condition":"service_healthy","required":true,"restart":true},"init":{"condition":"service_completed_successfully","required":true,"restart":false}},"wishes":{}}},"networks":{"shop_default":{"key":"default","name":"shop_default","external":false,"internal":false,"attachable":false}},"volumes":{"shop_data":{"key":"data","name":"shop_data","external":false}}}','2026-11-20T11:00:00.000000000Z');
INSERT INTO "revisions" VALUES('shop',2,'{"files":[{"path":"/srv/shop/compose.yaml","content":"services: {}\n"}],"compose_files":["/srv/shop/compose.yaml"],"environment":{},"profiles":[],"working_dir":"/srv/shop","env_files":[],"project_name":null}','{"name":"shop","working_dir":"/srv/shop","config_files":["/srv/shop/compose.yaml"],"services":{"db":{"container":{"image":"postgres:16","healthcheck":{"test":{"shell":"nc -z 127.0.0.1 5432"},"interval_ns":1000000000},"environment":{"POSTGRES_PASSWORD":"hunter2"},"mounts":[{"source":{"volume":{"name":"shop_data","no_copy":false,"subpath":null}},"target":"/var/lib/postgresql/data","read_only":false}],"network_mode":"networks","networks":{"shop_default":{}}},"pull_policy":"missing","scale":1,"wishes":{}},"init":{"container":{"image":"tool:1","network_mode":"networks","networks":{"shop_default":{}}},"pull_policy":"missing","scale":1,"depends_on":{"db":{"condition":"service_healthy","required":true,"restart":false}},"wishes":{}},"web":{"container":{"image":"web:1","network_mode":"networks","networks":{"shop_default":{}}},"pull_policy":"missing","scale":1,"depends_on":{"db":{"condition":"service_healthy","required":true,"restart":true},"init":{"condition":"service_completed_successfully","required":true,"restart":false}},"wishes":{}}},"networks":{"shop_default":{"key":"default","name":"shop_default","external":false,"internal":false,"attachable":false}},"volumes":{"shop_data":{"key":"data","name":"shop_data","external":false}}}','2026-11-20T11:02:00.000000000Z');
INSERT INTO "revisions" VALUES('shop',3,'{"files":[{"path":"/srv/shop/compose.yaml","content":"services: {}\n"}],"compose_files":["/srv/shop/compose.yaml"],"environment":{},"profiles":[],"working_dir":"/srv/shop","env_files":[],"project_name":null}','{"name":"shop","working_dir":"/srv/shop","config_files":["/srv/shop/compose.yaml"],"services":{"db":{"container":{"image":"postgres:16","healthcheck":{"test":{"shell":"nc -z 127.0.0.1 5432"},"interval_ns":1000000000},"environment":{"POSTGRES_PASSWORD":"hunter2"},"mounts":[{"source":{"volume":{"name":"shop_data","no_copy":false,"subpath":null}},"target":"/var/lib/postgresql/data","read_only":false}],"network_mode":"networks","networks":{"shop_default":{}}},"pull_policy":"missing","scale":1,"wishes":{}},"init":{"container":{"image":"tool:1","network_mode":"networks","networks":{"shop_default":{}}},"pull_policy":"missing","scale":1,"depends_on":{"db":{"condition":"service_healthy","required":true,"restart":false}},"wishes":{}},"web":{"container":{"image":"web:1","network_mode":"networks","networks":{"shop_default":{}}},"pull_policy":"missing","scale":1,"depends_on":{"db":{"condition":"service_healthy","required":true,"restart":true},"init":{"condition":"service_completed_successfully","required":true,"restart":false}},"wishes":{}}},"networks":{"shop_default":{"key":"default","name":"shop_default","external":false,"internal":false,"attachable":false}},"volumes":{"shop_data":{"key":"data","name":"shop_data","external":false}}}','2026-11-20T11:03:00.000000000Z');
CREATE TABLE stacks (
    name        TEXT PRIMARY KEY,
    generation  INTEGER NOT NULL CHECK (generation >= 1),
    epoch       INTEGER NOT NULL CHECK (epoch >= 0),
    goal        TEXT NOT NULL CHECK (goal IN ('up', 'down')),
    held        INTEGER NOT NULL CHECK (held IN (0, 1)),
    intent_json TEXT NOT NULL,
    created_at  TEXT NOT NULL,
    changed_at  TEXT NOT NULL
) STRICT;
INSERT INTO "stacks" VALUES('shop',3,2,'up',0,'{"epoch":2,"goal":"up","held":false,"targets":{"db":"up","init":"up","web":"up"},"scale":{},"stale_runs":{},"stale_containers":{},"refresh":[],"remove_orphans":false,"no_recreate":false,"renew_anonymous":false,"grace_s":null,"numbers":{"web":[3]}}','2026-11-20T11:00:00.000000000Z','2026-11-20T11:05:00.000000000Z');
INSERT INTO "stacks" VALUES('old',1,1,'down',0,'{"epoch":1,"goal":{"down":{}},"held":false,"targets":{},"scale":{},"stale_runs":{},"stale_containers":{},"refresh":[],"remove_orphans":false,"no_recreate":false}','2026-11-20T11:00:00.000000000Z','2026-11-20T11:01:00.000000000Z');
CREATE TABLE tokens (
    id           TEXT PRIMARY KEY,
    name         TEXT NOT NULL,
    hash         BLOB NOT NULL UNIQUE CHECK (length(hash) = 32),
    created_at   TEXT NOT NULL,
    last_used_at TEXT,
    revoked_at   TEXT
) STRICT;
INSERT INTO "tokens" VALUES('t1','ci',X'0000000000000000000000000000000000000000000000000000000000000000','2026-11-20T11:00:30.000000000Z',NULL,NULL);
CREATE INDEX operations_of_stack ON operations (stack, seq);
CREATE UNIQUE INDEX one_running_operation_of_a_stack ON operations (stack) WHERE state = 'running';
CREATE INDEX history_of_stack ON history (stack, id);
CREATE INDEX history_of_operation ON history (operation, id);
CREATE INDEX idempotency_keys_by_age ON idempotency_keys (created_at);
DELETE FROM "sqlite_sequence";
INSERT INTO "sqlite_sequence" VALUES('audit',1);
INSERT INTO "sqlite_sequence" VALUES('history',3);
INSERT INTO "sqlite_sequence" VALUES('operations',2);
COMMIT;
