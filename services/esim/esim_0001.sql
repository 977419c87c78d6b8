-- Devices that ODSA clients named (TS.43 6.2), for customer care and for what later operations ask of a device.
CREATE TABLE device (
	id INTEGER PRIMARY KEY,
	tenant TEXT NOT NULL,
	imsi TEXT NOT NULL,
	terminal_id TEXT NOT NULL,           -- the requesting device; '' when the request had none
	companion_terminal_id TEXT NOT NULL, -- the companion, or the target of a primary request; '' when none was named
	eid TEXT NOT NULL,                   -- '' when none was given
	first_seen_unix_ms INTEGER NOT NULL,
	last_seen_unix_ms INTEGER NOT NULL,
	UNIQUE (tenant, imsi, terminal_id, companion_terminal_id, eid)
) STRICT;
