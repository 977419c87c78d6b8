-- Orders of profiles. Times are ms since 1970 (0: never); enumerations are the numbers of esim_types.h. What is not looked
-- up by stands in `data`, sealed: it holds activation codes.
CREATE TABLE profile (
	id TEXT NOT NULL,
	tenant TEXT NOT NULL,
	imsi TEXT NOT NULL,        -- '': of an enterprise
	enterprise TEXT NOT NULL,
	app INTEGER NOT NULL,
	iccid TEXT NOT NULL,       -- '' until it is known
	eid TEXT NOT NULL,
	device TEXT NOT NULL,
	status INTEGER NOT NULL,
	ended INTEGER NOT NULL,
	version INTEGER NOT NULL,
	data BLOB NOT NULL,
	PRIMARY KEY (id)
) STRICT;
CREATE INDEX profile_line ON profile (tenant, imsi, enterprise, ended);
CREATE INDEX profile_eid ON profile (tenant, eid);
CREATE INDEX profile_device ON profile (tenant, device) WHERE ended = 0;
-- No ICCID is given twice.
CREATE UNIQUE INDEX profile_iccid ON profile (tenant, iccid) WHERE iccid <> '' AND ended = 0;

CREATE INDEX profile_any ON profile (iccid); -- also of those that ended

CREATE TABLE orders (
	id TEXT NOT NULL,
	tenant TEXT NOT NULL,
	imsi TEXT NOT NULL,
	profile TEXT NOT NULL,
	kind INTEGER NOT NULL,
	state INTEGER NOT NULL,
	next INTEGER NOT NULL,     -- when it is due; 0: not by the clock
	takes INTEGER NOT NULL,    -- how often it was taken: what a former taker hears does not count
	created INTEGER NOT NULL,
	ended INTEGER NOT NULL,
	version INTEGER NOT NULL,
	data BLOB NOT NULL,
	PRIMARY KEY (id)
) STRICT;
CREATE INDEX orders_due ON orders (next) WHERE next > 0;
CREATE INDEX orders_list ON orders (tenant, created, id);
CREATE INDEX orders_state ON orders (tenant, state, created, id);
CREATE INDEX orders_profile ON orders (profile);

-- What became of each step, for whoever looks why.
CREATE TABLE order_step (
	order_id TEXT NOT NULL,
	number INTEGER NOT NULL,
	step INTEGER NOT NULL,
	at INTEGER NOT NULL,
	outcome TEXT NOT NULL,     -- '': it was sent
	reason TEXT NOT NULL,
	PRIMARY KEY (order_id, number)
) STRICT;

-- ICCIDs that the SM-DP+ holds for us, where we name them ourselves: each is kept for one order.
CREATE TABLE stock (
	tenant TEXT NOT NULL,
	iccid TEXT NOT NULL,
	profile_type TEXT NOT NULL,
	state INTEGER NOT NULL,    -- 0 free, 1 kept for an order, 2 used, 3 the SM-DP+ would not give it
	order_id TEXT NOT NULL,
	at INTEGER NOT NULL,
	PRIMARY KEY (tenant, iccid)
) STRICT;
CREATE INDEX stock_free ON stock (tenant, profile_type, iccid) WHERE state = 0;
CREATE INDEX stock_order ON stock (order_id) WHERE state = 1;

-- What a person is asked about on a web sheet, by the nonce of that sheet.
CREATE TABLE intent (
	nonce TEXT NOT NULL,
	tenant TEXT NOT NULL,
	imsi TEXT NOT NULL,
	app INTEGER NOT NULL,
	order_id TEXT NOT NULL,    -- that came of it; '' so far
	created INTEGER NOT NULL,
	data BLOB NOT NULL,
	PRIMARY KEY (nonce)
) STRICT;
CREATE INDEX intent_created ON intent (created);

-- How often a device was told to ask again for its eligibility.
CREATE TABLE poll (
	tenant TEXT NOT NULL,
	imsi TEXT NOT NULL,
	terminal_id TEXT NOT NULL,
	count INTEGER NOT NULL,
	at INTEGER NOT NULL,
	PRIMARY KEY (tenant, imsi, terminal_id)
) STRICT;

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
	app TEXT NOT NULL,
	terminal_id TEXT NOT NULL,
	traceparent TEXT NOT NULL,
	PRIMARY KEY (sequence)
) STRICT;
CREATE INDEX outbox_at ON outbox (at);
