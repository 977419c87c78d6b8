-- policy, schema 11. Quality of service asked for from the network while a boost is in force: one order each.

-- No reference to the line: an order outlives it until what was made in the network is gone again.
CREATE TABLE qos_order (
	id TEXT PRIMARY KEY,             -- stable: Idempotency-Key and correlator of every request about it
	tenant TEXT NOT NULL REFERENCES tenant (id),
	imsi TEXT NOT NULL,
	msisdn TEXT NOT NULL,
	boost INTEGER NOT NULL,          -- policy_boost_kind()
	mode INTEGER NOT NULL CHECK (mode BETWEEN 1 AND 2),
	source TEXT NOT NULL,
	profile TEXT NOT NULL,
	dnn TEXT NOT NULL,
	until INTEGER NOT NULL,          -- 0: no end
	withdraws INTEGER NOT NULL,      -- what cannot be had takes the boost with it
	state INTEGER NOT NULL CHECK (state BETWEEN 1 AND 6),
	flags INTEGER NOT NULL,          -- enum policy_qos_flag
	tries INTEGER NOT NULL,          -- of the present step
	takes INTEGER NOT NULL,          -- how often a process took it: only the last one's answer counts
	next_at INTEGER NOT NULL,        -- when it is looked at; while a process has it: when that one is given up. 0: never
	remote TEXT NOT NULL,            -- what the network calls it
	reason TEXT NOT NULL,            -- of the last failure
	created INTEGER NOT NULL,
	asked INTEGER NOT NULL,          -- times of the steps, 0: not yet
	active INTEGER NOT NULL,
	ending INTEGER NOT NULL,
	ended INTEGER NOT NULL,
	version INTEGER NOT NULL
) STRICT;
-- One for each boost that is not at its end.
CREATE UNIQUE INDEX qos_order_open ON qos_order (tenant, imsi, boost) WHERE state <> 6;
CREATE INDEX qos_order_line ON qos_order (tenant, imsi);
CREATE INDEX qos_order_tenant ON qos_order (tenant, id);
CREATE INDEX qos_order_next ON qos_order (next_at) WHERE next_at > 0;
CREATE INDEX qos_order_ended ON qos_order (ended) WHERE state = 6;
