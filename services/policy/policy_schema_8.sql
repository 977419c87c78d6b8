-- policy, schema 8. Devices: the operator's list of single ones (IMEI without its check digit), what EIRs answered, and
-- models (TAC: the first 8 digits).
CREATE TABLE equipment (
	tenant TEXT NOT NULL REFERENCES tenant (id),
	imei TEXT NOT NULL,
	state INTEGER NOT NULL CHECK (state BETWEEN 1 AND 3),
	reason TEXT NOT NULL,
	since INTEGER NOT NULL,
	version INTEGER NOT NULL,
	PRIMARY KEY (tenant, imei)
) STRICT;

CREATE TABLE equipment_answer (
	tenant TEXT NOT NULL REFERENCES tenant (id),
	imei TEXT NOT NULL,
	source TEXT NOT NULL,
	state INTEGER NOT NULL CHECK (state BETWEEN 1 AND 4),
	as_of INTEGER NOT NULL,
	PRIMARY KEY (tenant, imei, source)
) STRICT;
CREATE INDEX equipment_answer_as_of ON equipment_answer (as_of);

CREATE TABLE device_model (
	tenant TEXT NOT NULL REFERENCES tenant (id),
	tac TEXT NOT NULL,
	vendor TEXT NOT NULL,
	model TEXT NOT NULL,
	capabilities TEXT NOT NULL,  -- one a line
	version INTEGER NOT NULL,
	PRIMARY KEY (tenant, tac)
) STRICT;

-- Which lines a device was seen with.
CREATE INDEX device_imei ON device (tenant, substr(terminal_id, 1, 14));
