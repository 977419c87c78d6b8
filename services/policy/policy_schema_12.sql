-- policy, schema 12. eSIM: the ICCID of a line's own SIM.
ALTER TABLE subscriber ADD COLUMN iccid TEXT NOT NULL DEFAULT '';

-- Of subscriber.removed: the IMSI that the line has from now on; '': none.
ALTER TABLE outbox ADD COLUMN moved_to TEXT NOT NULL DEFAULT '';

-- Whose devices a server manages (TS.43 10).
CREATE TABLE enterprise (
	tenant TEXT NOT NULL REFERENCES tenant (id),
	id TEXT NOT NULL,
	document TEXT NOT NULL,
	version INTEGER NOT NULL,
	PRIMARY KEY (tenant, id)
) STRICT;
