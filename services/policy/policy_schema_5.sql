-- policy, schema 5. Carrier billing (TS.43 11): what it needs of a line, and what each user of a store has agreed to.
ALTER TABLE subscriber ADD COLUMN account INTEGER NOT NULL DEFAULT 0 CHECK (account BETWEEN 0 AND 2);
ALTER TABLE subscriber ADD COLUMN billing_barred INTEGER NOT NULL DEFAULT 0 CHECK (billing_barred BETWEEN 0 AND 1);
ALTER TABLE subscriber ADD COLUMN billing_prov INTEGER NOT NULL DEFAULT 2 CHECK (billing_prov BETWEEN 0 AND 3);

-- Goes with the line: to another SIM, and when it is deleted.
CREATE TABLE store_user (
	tenant TEXT NOT NULL,
	imsi TEXT NOT NULL,
	vendor TEXT NOT NULL,
	user_id TEXT NOT NULL,
	terms INTEGER NOT NULL CHECK (terms BETWEEN 0 AND 3),
	terms_version TEXT NOT NULL,
	version INTEGER NOT NULL,
	updated INTEGER NOT NULL,
	PRIMARY KEY (tenant, imsi, vendor, user_id),
	FOREIGN KEY (tenant, imsi) REFERENCES subscriber (tenant, imsi) ON UPDATE CASCADE ON DELETE CASCADE
) STRICT;
