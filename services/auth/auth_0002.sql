-- Every authentication, for the help desk and for audits. The id begins with the time, as a session's does.
CREATE TABLE history (
	id BLOB NOT NULL,
	tenant TEXT NOT NULL,
	imsi TEXT NOT NULL,
	method TEXT NOT NULL,
	source TEXT NOT NULL,
	result TEXT NOT NULL,
	address TEXT NOT NULL,
	app TEXT NOT NULL,
	rounds INTEGER NOT NULL,
	PRIMARY KEY (id)
) STRICT, WITHOUT ROWID;
CREATE INDEX history_imsi ON history (tenant, imsi, id);

-- Contexts of fast re-authentication (RFC 4187 5) under the identity that names them: good once.
CREATE TABLE reauth (
	id BLOB NOT NULL,                -- the 16 octets of the identity's user name
	sealed BLOB NOT NULL,            -- whose it is, keys, counter, how many more may follow
	expires_ms INTEGER NOT NULL,
	PRIMARY KEY (id)
) STRICT, WITHOUT ROWID;
CREATE INDEX reauth_expires ON reauth (expires_ms);
