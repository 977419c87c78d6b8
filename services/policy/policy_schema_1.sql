-- policy, schema 1. Times are ms since 1970; enumerations are the numbers of policy_types.h.

-- One row. Grows with every change of a tenant or plan: who reads a subscriber reads it in the same statement, and knows
-- whether what it keeps in memory is still true.
CREATE TABLE catalog (
	id INTEGER NOT NULL,
	version INTEGER NOT NULL,
	PRIMARY KEY (id)
) STRICT;
INSERT INTO catalog (id, version) VALUES (1, 1);

-- Tenants and plans are few and kept in memory: their JSON, as policy_resource.c writes it.
CREATE TABLE tenant (
	id TEXT NOT NULL,
	document TEXT NOT NULL,
	version INTEGER NOT NULL,
	PRIMARY KEY (id)
) STRICT;

CREATE TABLE plan (
	tenant TEXT NOT NULL REFERENCES tenant (id),
	id TEXT NOT NULL,
	document TEXT NOT NULL,
	version INTEGER NOT NULL,
	PRIMARY KEY (tenant, id)
) STRICT;

CREATE TABLE subscriber (
	tenant TEXT NOT NULL,
	imsi TEXT NOT NULL,
	msisdn TEXT NOT NULL,
	plan TEXT NOT NULL,
	status INTEGER NOT NULL CHECK (status BETWEEN 0 AND 3),
	opt_outs INTEGER NOT NULL,
	voice_prov INTEGER NOT NULL CHECK (voice_prov BETWEEN 0 AND 3),
	sms_prov INTEGER NOT NULL CHECK (sms_prov BETWEEN 0 AND 3),
	vowifi_terms INTEGER NOT NULL CHECK (vowifi_terms BETWEEN 0 AND 3),      -- TS.43 T17
	vowifi_address INTEGER NOT NULL CHECK (vowifi_address BETWEEN 0 AND 3),  -- TS.43 T16
	vowifi_address_expiry INTEGER NOT NULL,                                  -- 0: never
	vowifi_address_id TEXT NOT NULL,
	vowifi_prov INTEGER NOT NULL CHECK (vowifi_prov BETWEEN 0 AND 3),        -- TS.43 T18
	epoch INTEGER NOT NULL,    -- a token of another epoch is dead; never used twice for one IMSI
	version INTEGER NOT NULL,
	updated INTEGER NOT NULL,
	PRIMARY KEY (tenant, imsi),
	FOREIGN KEY (tenant, plan) REFERENCES plan (tenant, id)
) STRICT;
CREATE INDEX subscriber_msisdn ON subscriber (tenant, msisdn);
CREATE INDEX subscriber_plan ON subscriber (tenant, plan, imsi);

CREATE TABLE device (
	tenant TEXT NOT NULL,
	imsi TEXT NOT NULL,
	terminal_id TEXT NOT NULL,
	vendor TEXT NOT NULL,
	model TEXT NOT NULL,
	sw_version TEXT NOT NULL,
	first_seen INTEGER NOT NULL,
	last_seen INTEGER NOT NULL,
	PRIMARY KEY (tenant, imsi, terminal_id),
	FOREIGN KEY (tenant, imsi) REFERENCES subscriber (tenant, imsi)
) STRICT;

-- The bearer token is kept as its SHA-256 alone. tenant '' is all tenants.
CREATE TABLE credential (
	name TEXT NOT NULL,
	digest BLOB NOT NULL UNIQUE,
	role INTEGER NOT NULL CHECK (role BETWEEN 0 AND 3),
	tenant TEXT NOT NULL,
	created INTEGER NOT NULL,
	PRIMARY KEY (name)
) STRICT;

CREATE TABLE audit (
	id INTEGER PRIMARY KEY,
	at INTEGER NOT NULL,
	who TEXT NOT NULL,
	client TEXT NOT NULL,
	action TEXT NOT NULL,
	tenant TEXT NOT NULL,
	resource TEXT NOT NULL,
	outcome TEXT NOT NULL
) STRICT;
CREATE INDEX audit_tenant ON audit (tenant, id);

-- The outbox. Its head is a row, so that numbers follow commits without a gap: who takes one holds the row until then.
CREATE TABLE outbox_head (
	id INTEGER NOT NULL,
	sequence INTEGER NOT NULL,
	PRIMARY KEY (id)
) STRICT;
INSERT INTO outbox_head (id, sequence) VALUES (1, 0);

CREATE TABLE outbox (
	sequence INTEGER NOT NULL,
	at INTEGER NOT NULL,
	kind TEXT NOT NULL,
	tenant TEXT NOT NULL,
	imsi TEXT NOT NULL,
	apps TEXT NOT NULL,        -- separated by blanks
	traceparent TEXT NOT NULL,
	PRIMARY KEY (sequence)
) STRICT;
CREATE INDEX outbox_at ON outbox (at);
