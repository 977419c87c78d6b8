-- K and OPc of one SIM each. What is secret is sealed by the auc key ring, bound to tenant and IMSI.
CREATE TABLE auc_key (
	tenant TEXT NOT NULL,
	imsi TEXT NOT NULL,
	sealed BLOB NOT NULL,            -- K (16) OPc (16)
	amf BLOB NOT NULL,               -- TS 33.102 annex F, 2 octets
	algorithm TEXT NOT NULL,
	generation INTEGER NOT NULL,     -- random, new with every new K
	dif INTEGER NOT NULL,            -- TS 33.102 C.1.1.3: SEQ = tick + dif; only ever raised
	hop INTEGER NOT NULL DEFAULT 0,  -- last SEQ given out under the index no replica has
	updated_ms INTEGER NOT NULL,
	PRIMARY KEY (tenant, imsi)
) STRICT, WITHOUT ROWID;

-- IND of TS 33.102 C.1.1.1: one row for each replica that may run.
CREATE TABLE sqn_replica (
	ind INTEGER NOT NULL,
	owner BLOB NOT NULL,             -- random token of the claim; empty: free
	name TEXT NOT NULL,              -- of the replica
	hwm INTEGER NOT NULL,            -- no tick at or above it has been given out
	claimed_ms INTEGER NOT NULL,     -- of the claim or its last extension
	PRIMARY KEY (ind)
) STRICT;

-- What the cookie of an EAP exchange cannot know: later rounds, the end, a long request. The session begins with the time
-- it expires at, so one tree in the order of time serves for everything: new rows are written side by side at its end, and
-- what expired is its beginning.
CREATE TABLE exchange (
	session BLOB NOT NULL,
	round INTEGER NOT NULL,          -- responses taken so far; compare-and-set
	packet_hash BLOB,                -- of the last response taken
	outcome BLOB,                    -- sealed: what it was answered
	state BLOB,                      -- sealed: of the round under way; NULL when ended
	request BLOB,                    -- sealed: when the cookie had no room for it
	PRIMARY KEY (session)
) STRICT, WITHOUT ROWID;
