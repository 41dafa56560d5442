-- SPDX-License-Identifier: Apache-2.0
-- Jobs as people see them. The queue itself is pg-boss's, in a schema of its own; it only says whose turn it is.

CREATE TABLE job (
  id text PRIMARY KEY,
  workspace text NOT NULL DEFAULT 'main',
  kind text NOT NULL,
  params jsonb NOT NULL,
  request text REFERENCES record (digest),
  actor text NOT NULL,
  state text NOT NULL CHECK (state IN ('queued', 'running', 'done', 'failed')),
  attempts integer NOT NULL DEFAULT 0,
  created_at timestamptz(3) NOT NULL,
  started_at timestamptz(3),
  ended_at timestamptz(3),
  result jsonb,
  error jsonb
);
CREATE INDEX job_by_state ON job (state) WHERE state IN ('queued', 'running');
COMMENT ON TABLE job IS 'What was asked of the platform and how it ended. Untrusted and not evidence: what a job measured is in the records that its result names, committed with its last state.';

CREATE TABLE job_event (
  n bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  workspace text NOT NULL DEFAULT 'main',
  job text NOT NULL REFERENCES job (id),
  at timestamptz(3) NOT NULL,
  text text NOT NULL
);
CREATE INDEX job_event_by_job ON job_event (job, n);
COMMENT ON TABLE job_event IS 'Progress of jobs, for people who wait. May be deleted at any time.';

-- Not left to the default privileges, which hold only for tables that the same owner creates.
GRANT SELECT, INSERT, UPDATE ON job TO countersign_grants;
GRANT SELECT, INSERT, DELETE ON job_event TO countersign_grants;
