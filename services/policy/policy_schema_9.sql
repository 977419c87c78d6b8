-- policy, schema 9. What the operator's own systems said of a line, and what they told us of changes.
ALTER TABLE subscriber ADD COLUMN bss_at INTEGER NOT NULL DEFAULT 0;     -- of the last answer; 0: never asked
ALTER TABLE subscriber ADD COLUMN bss_source TEXT NOT NULL DEFAULT '';

-- The last event of a source about a line: what is older comes too late. Goes with the line.
CREATE TABLE bss_line (
	tenant TEXT NOT NULL,
	imsi TEXT NOT NULL,
	source TEXT NOT NULL,
	event_at INTEGER NOT NULL,
	PRIMARY KEY (tenant, imsi, source),
	FOREIGN KEY (tenant, imsi) REFERENCES subscriber (tenant, imsi) ON UPDATE CASCADE ON DELETE CASCADE
) STRICT;

-- Events that came, so that the same one again does nothing.
CREATE TABLE bss_event (
	tenant TEXT NOT NULL,
	source TEXT NOT NULL,
	id TEXT NOT NULL,
	at INTEGER NOT NULL,
	PRIMARY KEY (tenant, source, id)
) STRICT;
CREATE INDEX bss_event_at ON bss_event (at);

-- Events that could not be applied.
CREATE TABLE bss_dead (
	id INTEGER PRIMARY KEY,
	tenant TEXT NOT NULL,
	source TEXT NOT NULL,
	at INTEGER NOT NULL,
	event_id TEXT NOT NULL,
	name TEXT NOT NULL,        -- of a TM Forum event; '' for our own form
	reason TEXT NOT NULL,
	tries INTEGER NOT NULL,
	body TEXT NOT NULL
) STRICT;
CREATE INDEX bss_dead_tenant ON bss_dead (tenant, id);
