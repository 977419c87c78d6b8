-- Delivery. Times are ms since 1970 (0: never).

-- One client of a registration, or one line by SMS, that is to be woken for an application: there while it is due. Many
-- events make one row; the push token is read from the registration when it is sent.
CREATE TABLE wake (
	id INTEGER PRIMARY KEY,
	tenant TEXT NOT NULL,
	imsi TEXT NOT NULL,
	terminal_id TEXT NOT NULL, -- of SMS: ''
	app_name TEXT NOT NULL,    -- of SMS: ''
	app TEXT NOT NULL,
	channel INTEGER NOT NULL CHECK (channel BETWEEN 1 AND 5), -- notif_action; 5 SMS
	account TEXT NOT NULL,       -- section of channels_file that is to send it
	generation INTEGER NOT NULL, -- how many events called for it; one that came after it was taken is sent again
	changed_ms INTEGER NOT NULL, -- the oldest of them
	due_ms INTEGER NOT NULL,     -- not before; of a row that is taken: when the lease ends
	expires_ms INTEGER NOT NULL,
	attempts INTEGER NOT NULL,
	lease INTEGER NOT NULL,      -- who takes it writes a number of his own; 0: free
	mass INTEGER NOT NULL,       -- the mass change that alone called for it; 0: none
	traceparent TEXT NOT NULL,   -- of the newest event
	UNIQUE (tenant, imsi, terminal_id, app_name, app, channel)
) STRICT;
CREATE INDEX wake_due ON wake (account, tenant, due_ms);
CREATE INDEX wake_expires ON wake (expires_ms);
CREATE INDEX wake_mass ON wake (mass) WHERE mass > 0;

-- What was given up, until a person has looked.
CREATE TABLE dead (
	id INTEGER PRIMARY KEY,
	at_ms INTEGER NOT NULL,
	tenant TEXT NOT NULL,
	imsi TEXT NOT NULL,
	terminal_id TEXT NOT NULL,
	app_name TEXT NOT NULL,
	app TEXT NOT NULL,
	channel INTEGER NOT NULL,
	account TEXT NOT NULL,
	reason TEXT NOT NULL,      -- of notify_reason_names
	detail TEXT NOT NULL,      -- the provider's word
	attempts INTEGER NOT NULL,
	changed_ms INTEGER NOT NULL,
	traceparent TEXT NOT NULL
) STRICT;
CREATE INDEX dead_of_tenant ON dead (tenant, id);
CREATE INDEX dead_of_line ON dead (tenant, imsi);
CREATE INDEX dead_at ON dead (at_ms);

-- A change of a plan, a tenant, its rules: the lines it concerns are gone through in the order of their IMSIs.
CREATE TABLE mass (
	id INTEGER PRIMARY KEY,
	tenant TEXT NOT NULL,
	plan TEXT NOT NULL,        -- '': all lines of the tenant
	kind TEXT NOT NULL,        -- of the newest event, "plan.changed"
	apps TEXT NOT NULL,        -- separated by blanks
	state INTEGER NOT NULL CHECK (state BETWEEN 1 AND 5), -- 1 waiting, 2 running, 3 paused, 4 done, 5 cancelled
	rate INTEGER NOT NULL,     -- wake-ups a second
	cursor TEXT NOT NULL,      -- IMSI gone past
	total INTEGER NOT NULL,    -- lines; -1: not counted yet
	lines INTEGER NOT NULL,    -- gone past
	woken INTEGER NOT NULL,    -- wake-ups made
	start_ms INTEGER NOT NULL, -- not before
	paced_us INTEGER NOT NULL, -- wake-ups are made up to here (us since 1970)
	created_ms INTEGER NOT NULL,
	changed_ms INTEGER NOT NULL,
	ended_ms INTEGER NOT NULL,
	lease_until_ms INTEGER NOT NULL, -- one process goes through it
	lease INTEGER NOT NULL,
	traceparent TEXT NOT NULL
) STRICT;
CREATE INDEX mass_open ON mass (state) WHERE state <= 3;
CREATE INDEX mass_of_tenant ON mass (tenant, id);

-- When a line was sent its last SMS: the counterpart of registration.told_ms.
CREATE TABLE sms_told (
	tenant TEXT NOT NULL,
	imsi TEXT NOT NULL,
	told_ms INTEGER NOT NULL,
	PRIMARY KEY (tenant, imsi)
) STRICT;
CREATE INDEX sms_told_at ON sms_told (told_ms);

-- Tokens that we make for a provider, shared by all processes: Apple counts how often new ones come.
CREATE TABLE credential (
	name TEXT PRIMARY KEY,
	made_ms INTEGER NOT NULL,
	sealed BLOB NOT NULL
) STRICT;

-- When the client was woken last, and what became of it: nobody is woken too often, and customer care can see it.
ALTER TABLE registration ADD COLUMN told_ms INTEGER NOT NULL DEFAULT 0;
ALTER TABLE registration ADD COLUMN outcome TEXT NOT NULL DEFAULT '';
ALTER TABLE registration ADD COLUMN outcome_ms INTEGER NOT NULL DEFAULT 0;

INSERT INTO followed (source, sequence) VALUES ('esim', 0);
