-- Which run a job was done by: a request to begin anew that this very run has met is no reason for another one. Of what an earlier
-- schema wrote it is not known, and reads as no container's and as older than any request.
ALTER TABLE completions ADD COLUMN container_id TEXT NOT NULL DEFAULT '';
ALTER TABLE completions ADD COLUMN started_at TEXT NOT NULL DEFAULT '1970-01-01T00:00:00Z';
