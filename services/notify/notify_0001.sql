-- Which device wants to be woken, and how (TS.43 2.3: notif_token, notif_action).
CREATE TABLE registration (
	id INTEGER PRIMARY KEY,
	tenant TEXT NOT NULL,
	imsi TEXT NOT NULL,
	terminal_id TEXT NOT NULL, -- '' when the request had none
	app TEXT NOT NULL,         -- AppID, "ap2004"
	app_name TEXT NOT NULL,    -- '' when the request had none
	channel INTEGER NOT NULL CHECK (channel BETWEEN 1 AND 4), -- notif_action: 1 GCM, 2 FCM, 3 WNS, 4 APNs
	token_hash BLOB NOT NULL,   -- HMAC-SHA256 of the push token: finds it without opening anything
	token_sealed BLOB NOT NULL, -- es_keyring, purpose "push"
	registered_unix_ms INTEGER NOT NULL,
	-- One client has one token per channel; a new one takes the place of the old.
	UNIQUE (tenant, imsi, terminal_id, app, app_name, channel),
	-- A token wakes one client for an application once.
	UNIQUE (token_hash, app)
) STRICT;

-- How far another service's outbox has been followed.
CREATE TABLE followed (
	source TEXT PRIMARY KEY,
	sequence INTEGER NOT NULL
) STRICT;
INSERT INTO followed (source, sequence) VALUES ('policy', 0);

-- The key of token_hash, sealed like the tokens: it stays when the key ring rotates.
CREATE TABLE hash_key (
	id INTEGER PRIMARY KEY CHECK (id = 1),
	sealed BLOB NOT NULL
) STRICT;
