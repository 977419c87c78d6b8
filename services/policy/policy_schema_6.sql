-- policy, schema 6. What operators write beside plans: rules in versions, add-ons, outages. All of it JSON, as it was given,
-- read by policy_ruleset.c; few, and kept in memory.

-- One row for each tenant that has any of them. `version` is the outbox sequence of the last change.
CREATE TABLE rule_book (
	tenant TEXT NOT NULL REFERENCES tenant (id),
	active INTEGER NOT NULL,   -- number of the rules that decide; 0: none do
	previous INTEGER NOT NULL, -- of those that decided before them
	version INTEGER NOT NULL,
	PRIMARY KEY (tenant)
) STRICT;

-- Never changed once they are written.
CREATE TABLE ruleset (
	tenant TEXT NOT NULL REFERENCES tenant (id),
	number INTEGER NOT NULL,
	document TEXT NOT NULL,
	author TEXT NOT NULL,
	created INTEGER NOT NULL,
	PRIMARY KEY (tenant, number)
) STRICT;

CREATE TABLE addon (
	tenant TEXT NOT NULL REFERENCES tenant (id),
	id TEXT NOT NULL,
	document TEXT NOT NULL,
	PRIMARY KEY (tenant, id)
) STRICT;

CREATE TABLE outage (
	tenant TEXT NOT NULL REFERENCES tenant (id),
	id TEXT NOT NULL,
	document TEXT NOT NULL,
	PRIMARY KEY (tenant, id)
) STRICT;
