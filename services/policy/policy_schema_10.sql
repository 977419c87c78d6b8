-- policy, schema 10. Web sheets: what was committed by them, and what people agreed to there.

-- One row for each handle of a page that was used up: a form that comes twice finds it.
CREATE TABLE sheet_act (
	tenant TEXT NOT NULL,
	nonce TEXT NOT NULL,   -- of the handle, hexadecimal
	act TEXT NOT NULL,
	at INTEGER NOT NULL,
	PRIMARY KEY (tenant, nonce)
) STRICT;
CREATE INDEX sheet_act_at ON sheet_act (at);

-- Outlives its line: what was agreed to may have to be shown when the line is long gone. Moves with the line to another SIM.
CREATE TABLE consent (
	id INTEGER PRIMARY KEY,
	tenant TEXT NOT NULL,
	imsi TEXT NOT NULL,
	at INTEGER NOT NULL,
	what TEXT NOT NULL,
	text_name TEXT NOT NULL,
	digest TEXT NOT NULL,      -- SHA-256 of the text as it was shown, hexadecimal
	language TEXT NOT NULL,
	channel TEXT NOT NULL,
	terminal TEXT NOT NULL,
	client TEXT NOT NULL,
	store_vendor TEXT NOT NULL,
	store_user TEXT NOT NULL,
	kept_until INTEGER NOT NULL  -- 0: as long as there is a line
) STRICT;
CREATE INDEX consent_line ON consent (tenant, imsi, id);
CREATE INDEX consent_kept ON consent (kept_until);
