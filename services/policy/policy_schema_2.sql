-- policy, schema 2. What a change changed, in words (policy_resource_diff).
ALTER TABLE audit ADD COLUMN detail TEXT NOT NULL DEFAULT '';
