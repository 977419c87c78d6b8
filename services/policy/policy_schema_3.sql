-- policy, schema 3. Servers that may ask for access tokens: few, kept in memory like plans.
CREATE TABLE oauth_client (
	tenant TEXT NOT NULL REFERENCES tenant (id),
	id TEXT NOT NULL,
	document TEXT NOT NULL,
	version INTEGER NOT NULL,
	PRIMARY KEY (tenant, id)
) STRICT;
