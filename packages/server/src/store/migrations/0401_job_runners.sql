-- SPDX-License-Identifier: Apache-2.0
-- Processes that work the queue. Any number of them share one database; each holds the session lock
-- (7301013, id) for as long as it lives, so that a killed one is known by its free lock and by no clock.

CREATE TABLE job_runner (
  id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  workspace text NOT NULL DEFAULT 'main',
  host text NOT NULL,
  process integer NOT NULL,
  concurrency integer NOT NULL CHECK (concurrency > 0),
  started_at timestamptz(3) NOT NULL,
  ended_at timestamptz(3)
);
CREATE INDEX job_runner_living ON job_runner (id) WHERE ended_at IS NULL;
COMMENT ON TABLE job_runner IS 'Who works jobs. Untrusted and not evidence: a row without ended_at whose lock is free is a process that was killed.';

ALTER TABLE job ADD COLUMN runner integer REFERENCES job_runner (id);
COMMENT ON COLUMN job.runner IS 'Who has or had it last; a result counts only from the runner that still has it.';

GRANT SELECT, INSERT, UPDATE ON job_runner TO countersign_grants;
