-- How far policy's outbox has been followed.
CREATE TABLE followed (
	source TEXT NOT NULL,
	sequence INTEGER NOT NULL,
	PRIMARY KEY (source)
) STRICT;
INSERT INTO followed (source, sequence) VALUES ('policy', 0);
