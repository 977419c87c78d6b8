-- policy, schema 6. What each device was told, so that a change can be told to exactly those it concerns.

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
