-- Logins of people under way: OpenID Connect, its second factor, one-time codes. The id begins with the time the login
-- expires at, as a session's does, and goes on with a hash: who reads this table holds no handle. What is secret is sealed
-- by the session key ring, bound to the id.
CREATE TABLE login (
	id BLOB NOT NULL,
	step INTEGER NOT NULL,           -- compare-and-set
	state BLOB NOT NULL,             -- sealed: struct auth_login
	code BLOB,                       -- keyed hash of the one-time code; NULL: none was made, or the number is nobody's
	code_until_ms INTEGER NOT NULL,  -- 0: not sent yet
	tries INTEGER NOT NULL,          -- left
	answer BLOB,                     -- hash of what spent it (a provider's code, the one-time code)
	claimed_ms INTEGER NOT NULL,     -- until then somebody works on that answer; 0: nobody
	outcome BLOB,                    -- sealed: what it was answered
	ended_ms INTEGER NOT NULL,
	PRIMARY KEY (id)
) STRICT, WITHOUT ROWID;

-- How many one-time codes a number, or a client's address, was given in an hour.
CREATE TABLE login_rate (
	subject BLOB NOT NULL,           -- keyed hash
	hour INTEGER NOT NULL,           -- since 1970
	count INTEGER NOT NULL,
	PRIMARY KEY (subject)
) STRICT, WITHOUT ROWID;
