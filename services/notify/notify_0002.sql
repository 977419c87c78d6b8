-- The newest event of policy that alters an answer this registration stands for; 0: nothing to be woken for. One of many
-- events is kept, since one waking serves them all.
ALTER TABLE registration ADD COLUMN due_sequence INTEGER NOT NULL DEFAULT 0;
CREATE INDEX registration_due ON registration (due_sequence) WHERE due_sequence > 0;
