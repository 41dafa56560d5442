-- SPDX-License-Identifier: Apache-2.0
-- Accounts, attempts and records that await signatures. No role is stored: roles follow from the keys that
-- records enrol, so a row here gives nobody a duty.

CREATE TABLE account (
  workspace text NOT NULL DEFAULT 'main',
  account text NOT NULL CHECK (account ~ '^[a-z][a-z0-9._-]{0,63}$'),
  printed_name text NOT NULL,
  email text NOT NULL UNIQUE,
  auth_user text NOT NULL UNIQUE,
  created_by text NOT NULL,
  created_at timestamptz(3) NOT NULL,
  PRIMARY KEY (workspace, account)
);
COMMENT ON TABLE account IS 'Who may sign in, under which account id and printed name. Untrusted: a changed row lets somebody call under another name, but sign nothing.';

CREATE TABLE pending_record (
  digest text PRIMARY KEY CHECK (digest ~ '^[0-9a-f]{64}$'),
  workspace text NOT NULL DEFAULT 'main',
  type text NOT NULL,
  payload_type text NOT NULL,
  payload bytea NOT NULL,
  signatures jsonb NOT NULL,
  needs text NOT NULL,
  proposed_by text NOT NULL,
  proposed_at timestamptz(3) NOT NULL
);
COMMENT ON TABLE pending_record IS 'Records that lack signatures to count. Not in the log; each signature was verified when it came and all are verified again when the record counts.';

CREATE TABLE audit_event (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  workspace text NOT NULL DEFAULT 'main',
  at timestamptz(3) NOT NULL,
  account text,
  action text NOT NULL,
  subject text,
  outcome text NOT NULL CHECK (outcome IN ('allowed', 'refused')),
  code text,
  reason text NOT NULL,
  request_id text NOT NULL
);
CREATE INDEX audit_event_by_account ON audit_event (workspace, account, id);
COMMENT ON TABLE audit_event IS 'Refused attempts, sign-ins and reads of sensitive data. Informative: what binds is in the log; the database owner can remove rows here.';
REVOKE UPDATE, DELETE ON audit_event FROM countersign_grants;
