-- What was used and is good once: temporary and app tokens, identifiers of client assertions. Kept until it has expired anyway.
CREATE TABLE spent (
	id BLOB NOT NULL,                -- of the token, or a hash of issuer and jti
	call BLOB NOT NULL,              -- whose call it was: the same one, repeated, did not spend it before
	expires_ms INTEGER NOT NULL,
	PRIMARY KEY (id)
) STRICT, WITHOUT ROWID;
CREATE INDEX spent_expires ON spent (expires_ms);
