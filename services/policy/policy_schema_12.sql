-- policy, schema 12. eSIM: the ICCID of a line's own SIM.
ALTER TABLE subscriber ADD COLUMN iccid TEXT NOT NULL DEFAULT '';
