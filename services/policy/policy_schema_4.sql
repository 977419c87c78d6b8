-- policy, schema 4. What ap2010 and ap2016 need of a line.
-- Usage and boosts as JSON, the way policy_resource.c writes them; '' for none, which is nearly every line.
ALTER TABLE subscriber ADD COLUMN data_state TEXT NOT NULL DEFAULT '';
ALTER TABLE subscriber ADD COLUMN satellite_prov INTEGER NOT NULL DEFAULT 2 CHECK (satellite_prov BETWEEN 0 AND 3); -- TS.43 T18
