-- How far policy's outbox has been followed.
CREATE TABLE followed (
	source TEXT PRIMARY KEY,
	sequence INTEGER NOT NULL
) STRICT;
INSERT INTO followed (source, sequence) VALUES ('policy', 0);
