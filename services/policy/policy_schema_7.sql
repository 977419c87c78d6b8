-- policy, schema 7. What each device was told, so that a change can be told to exactly those it concerns.

-- The latest answer of an application that a device got: in which form, and what it came down to (policy_digest.h).
CREATE TABLE device_app (
	tenant TEXT NOT NULL,
	imsi TEXT NOT NULL,
	terminal_id TEXT NOT NULL,
	app TEXT NOT NULL,
	version_major INTEGER NOT NULL,
	version_minor INTEGER NOT NULL,
	language INTEGER NOT NULL,
	digest BLOB NOT NULL,
	answered INTEGER NOT NULL,
	PRIMARY KEY (tenant, imsi, terminal_id, app),
	FOREIGN KEY (tenant, imsi, terminal_id) REFERENCES device (tenant, imsi, terminal_id) ON DELETE CASCADE
) STRICT;

-- The devices of an event, where policy knows any: applications separated by blanks.
CREATE TABLE outbox_device (
	sequence INTEGER NOT NULL REFERENCES outbox (sequence) ON DELETE CASCADE,
	terminal_id TEXT NOT NULL,
	apps TEXT NOT NULL,      -- whose answers change
	unchanged TEXT NOT NULL, -- whose answers stay
	PRIMARY KEY (sequence, terminal_id)
) STRICT;

-- Which lines of a tenant an event without an IMSI is about; '' for all of them.
ALTER TABLE outbox ADD COLUMN plan TEXT NOT NULL DEFAULT '';

-- When a line's SIM was changed. Goes with the line to its next SIM.
CREATE TABLE sim_change (
	tenant TEXT NOT NULL,
	imsi TEXT NOT NULL,
	sequence INTEGER NOT NULL, -- of the event
	at INTEGER NOT NULL,
	kind INTEGER NOT NULL CHECK (kind BETWEEN 0 AND 1), -- 0: another card, 1: another IMSI
	previous TEXT NOT NULL,    -- the IMSI before
	PRIMARY KEY (tenant, imsi, sequence),
	FOREIGN KEY (tenant, imsi) REFERENCES subscriber (tenant, imsi) ON UPDATE CASCADE ON DELETE CASCADE
) STRICT;
CREATE INDEX sim_change_at ON sim_change (at);

-- How often a line authenticated, by hours since 1970.
CREATE TABLE line_attempt (
	tenant TEXT NOT NULL,
	imsi TEXT NOT NULL,
	hour INTEGER NOT NULL,
	attempts INTEGER NOT NULL,
	PRIMARY KEY (tenant, imsi, hour),
	FOREIGN KEY (tenant, imsi) REFERENCES subscriber (tenant, imsi) ON UPDATE CASCADE ON DELETE CASCADE
) STRICT;
CREATE INDEX line_attempt_hour ON line_attempt (hour);

-- When time alone changes what a line is answered next; 0: never. 1: to be worked out.
ALTER TABLE subscriber ADD COLUMN due INTEGER NOT NULL DEFAULT 0;
UPDATE subscriber SET due = 1 WHERE vowifi_address_expiry > 0 OR data_state <> '';
CREATE INDEX subscriber_due ON subscriber (due) WHERE due > 0;

CREATE INDEX device_seen ON device (tenant, last_seen);

-- Erasure finds the entries of a line.
CREATE INDEX audit_resource ON audit (tenant, resource);
