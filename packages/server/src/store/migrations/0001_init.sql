-- SPDX-License-Identifier: Apache-2.0
-- Digests are lower-case hex SHA-256. Times are UTC with milliseconds.
-- No row here is trusted: the database's owner can write any of them. What binds is the signatures on the
-- records and the log's signed checkpoints, which gateway, verifier and `ledger verify` check for themselves.

-- Holds the grants of the application. Each database has its own login role in it (application-role.ts);
-- the group is one for the whole server so that a database copied from a template keeps its grants.
DO $$
BEGIN
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'countersign_grants') THEN
    CREATE ROLE countersign_grants NOLOGIN;
  END IF;
EXCEPTION WHEN duplicate_object OR unique_violation THEN
  NULL; -- another database of this server was being founded at the same moment
END
$$;

CREATE TABLE record (
  digest text PRIMARY KEY CHECK (digest ~ '^[0-9a-f]{64}$'),
  workspace text NOT NULL DEFAULT 'main',
  type text NOT NULL,
  kind text,
  payload_type text NOT NULL,
  payload bytea,
  payload_size integer NOT NULL,
  signatures jsonb NOT NULL,
  actor text NOT NULL,
  model text,
  use text,
  version integer,
  claimed_at timestamptz(3) NOT NULL,
  recorded_at timestamptz(3) NOT NULL
);
CREATE INDEX record_by_model ON record (workspace, model, version, type);
CREATE INDEX record_by_type ON record (workspace, type, recorded_at);
COMMENT ON TABLE record IS 'Untrusted copy of signed records. digest = SHA-256 of payload, so a changed payload shows; a removed or added row shows against the log. Every other column is extracted from the payload or, for recorded_at, only informative.';
COMMENT ON COLUMN record.payload IS 'Bytes as received; null when larger than 32768 bytes, then they are in the blob store under the same digest.';
COMMENT ON COLUMN record.signatures IS 'DSSE signatures, sorted by keyid and sig. Frozen by the log leaf when the record is sequenced.';

CREATE TABLE record_link (
  workspace text NOT NULL DEFAULT 'main',
  from_digest text NOT NULL REFERENCES record (digest),
  to_digest text NOT NULL,
  path text NOT NULL,
  PRIMARY KEY (from_digest, to_digest, path)
);
CREATE INDEX record_link_backwards ON record_link (to_digest, path);
COMMENT ON TABLE record_link IS 'Untrusted index: every digest that a payload names, with its JSON pointer (list positions as *). A pure function of the payloads; may be dropped and derived again.';

CREATE TABLE unsequenced (
  position bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  workspace text NOT NULL DEFAULT 'main',
  record text NOT NULL UNIQUE REFERENCES record (digest)
);
COMMENT ON TABLE unsequenced IS 'Queue of records without a place in the log. Untrusted; losing a row delays its record until it is appended again.';

CREATE TABLE log_entry (
  index bigint PRIMARY KEY CHECK (index >= 0),
  workspace text NOT NULL DEFAULT 'main',
  record text NOT NULL UNIQUE REFERENCES record (digest),
  leaf bytea NOT NULL,
  leaf_hash bytea NOT NULL CHECK (length(leaf_hash) = 32),
  logged_at timestamptz(3) NOT NULL
);
COMMENT ON TABLE log_entry IS 'Untrusted copy of the one log over all workspaces. Up to the last checkpoint any change shows against the published tiles; entries after it are sequenced but not yet proven to anybody.';

CREATE TABLE log_tile (
  level smallint NOT NULL,
  index bigint NOT NULL,
  hashes bytea NOT NULL CHECK (length(hashes) = 8192),
  root bytea NOT NULL CHECK (length(root) = 32),
  workspace text NOT NULL DEFAULT 'main',
  PRIMARY KEY (level, index)
);
COMMENT ON TABLE log_tile IS 'Untrusted cache of full hash tiles (C2SP tlog-tiles, height 8) and their roots; a pure function of log_entry.';

CREATE TABLE checkpoint (
  size bigint PRIMARY KEY CHECK (size > 0),
  root text NOT NULL,
  text text NOT NULL,
  published_at timestamptz(3) NOT NULL,
  workspace text NOT NULL DEFAULT 'main'
);
COMMENT ON TABLE checkpoint IS 'Signed tree heads that have been published. text carries the log key''s signature, so a row can be removed but not forged.';

CREATE TABLE sequencer (
  single boolean PRIMARY KEY DEFAULT true CHECK (single),
  token bigint NOT NULL
);
INSERT INTO sequencer (token) VALUES (0);
COMMENT ON TABLE sequencer IS 'Fencing token: raised by whoever takes the sequencer lock; an older holder finds its token stale and stops.';

-- The gateway's log (design.md, section 8). Gateways insert; nothing else writes here.
CREATE TABLE decision_batch (
  gateway text NOT NULL,
  epoch bigint NOT NULL,
  n bigint NOT NULL,
  workspace text NOT NULL DEFAULT 'main',
  count integer NOT NULL CHECK (count > 0),
  previous_root text NOT NULL,
  root text NOT NULL,
  record text NOT NULL UNIQUE REFERENCES record (digest),
  committed_at timestamptz(3) NOT NULL,
  PRIMARY KEY (gateway, epoch, n)
);
COMMENT ON TABLE decision_batch IS 'Untrusted copy of signed batch headers; the header itself is the record named here, chained by previous_root.';

CREATE TABLE decision (
  workspace text NOT NULL DEFAULT 'main',
  id text NOT NULL,
  gateway text NOT NULL,
  epoch bigint NOT NULL,
  batch bigint NOT NULL,
  index integer NOT NULL CHECK (index >= 0),
  leaf bytea NOT NULL,
  header bytea NOT NULL,
  header_salt bytea NOT NULL CHECK (length(header_salt) = 16),
  kind text NOT NULL,
  model text NOT NULL,
  use text,
  version integer,
  stage text,
  warrant text,
  decided_at timestamptz(3) NOT NULL,
  PRIMARY KEY (workspace, id),
  UNIQUE (gateway, epoch, batch, index),
  FOREIGN KEY (gateway, epoch, batch) REFERENCES decision_batch (gateway, epoch, n)
);
CREATE INDEX decision_by_model ON decision (workspace, model, use, decided_at);
COMMENT ON TABLE decision IS 'Untrusted copy of decision leaves: the batch root commits to each leaf, the leaf to header and parts. Extracted columns are for queries only. Trimmed after archiving.';
COMMENT ON COLUMN decision.kind IS 'answer, refusal, error or unwarranted.';

CREATE TABLE decision_part (
  workspace text NOT NULL DEFAULT 'main',
  decision text NOT NULL,
  part text NOT NULL CHECK (part IN ('inputs', 'output', 'reasons', 'protected')),
  salt bytea NOT NULL CHECK (length(salt) = 16),
  bytes bytea NOT NULL,
  PRIMARY KEY (workspace, decision, part),
  FOREIGN KEY (workspace, decision) REFERENCES decision (workspace, id)
);
COMMENT ON TABLE decision_part IS 'Bytes behind the salted commitments of a decision leaf. Each part may be destroyed alone (with its salt); proofs over the leaf stay valid.';

CREATE TABLE decision_key (
  workspace text NOT NULL DEFAULT 'main',
  caller text NOT NULL,
  key text NOT NULL,
  body_digest text NOT NULL,
  decision text NOT NULL,
  gateway text NOT NULL,
  epoch bigint NOT NULL,
  batch bigint NOT NULL,
  index integer NOT NULL,
  business_hmac text,
  subject_hmac text,
  PRIMARY KEY (workspace, caller, key)
);
CREATE INDEX decision_key_by_decision ON decision_key (workspace, decision);
CREATE INDEX decision_key_by_business ON decision_key (workspace, business_hmac) WHERE business_hmac IS NOT NULL;
CREATE INDEX decision_key_by_subject ON decision_key (workspace, subject_hmac) WHERE subject_hmac IS NOT NULL;
COMMENT ON TABLE decision_key IS 'Idempotency and look-up; outlives trimmed decisions, so it has no foreign key. Untrusted: a wrong row can only point at a decision whose own proof then fails to match.';

CREATE TABLE action (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  workspace text NOT NULL DEFAULT 'main',
  decision text NOT NULL,
  action text NOT NULL,
  actor text NOT NULL,
  override boolean NOT NULL DEFAULT false,
  reason text,
  acted_at timestamptz(3) NOT NULL,
  recorded_at timestamptz(3) NOT NULL,
  record text REFERENCES record (digest)
);
CREATE INDEX action_by_decision ON action (workspace, decision);
COMMENT ON TABLE action IS 'What the firm did with an answer. Trusted only as far as the record named here commits to the row.';

CREATE TABLE outcome (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  workspace text NOT NULL DEFAULT 'main',
  decision text NOT NULL,
  kind text NOT NULL CHECK (kind IN ('realised', 'human-decision', 'proxy')),
  state text NOT NULL CHECK (state IN ('pending', 'matured', 'indeterminate', 'censored', 'unobservable')),
  value text,
  actor text NOT NULL,
  observed_at timestamptz(3),
  recorded_at timestamptz(3) NOT NULL,
  record text REFERENCES record (digest)
);
CREATE INDEX outcome_by_decision ON outcome (workspace, decision);
COMMENT ON TABLE outcome IS 'What turned out to be true. Trusted only as far as the record named here commits to the row; a correction is a new row.';

-- The one way for the application to change a record: it may gain signatures while it has no place in the log.
CREATE FUNCTION record_gain_signatures(gaining text, signature_set jsonb) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  PERFORM FROM unsequenced WHERE record = gaining FOR UPDATE;
  IF NOT FOUND THEN
    RETURN false;
  END IF;
  UPDATE record SET signatures = signature_set WHERE digest = gaining;
  RETURN true;
END
$$;
REVOKE ALL ON FUNCTION record_gain_signatures(text, jsonb) FROM PUBLIC;

-- A guard against mistakes, not against attackers: see docs/threat-model.md.
GRANT USAGE ON SCHEMA public TO countersign_grants;
GRANT SELECT ON migration TO countersign_grants;
GRANT SELECT, INSERT ON record, record_link, log_entry, log_tile, checkpoint TO countersign_grants;
GRANT SELECT, INSERT ON decision_batch, decision, decision_key, action, outcome TO countersign_grants;
GRANT SELECT, INSERT, DELETE ON decision_part TO countersign_grants;
GRANT SELECT, INSERT, UPDATE, DELETE ON unsequenced TO countersign_grants;
GRANT SELECT, UPDATE ON sequencer TO countersign_grants;
GRANT EXECUTE ON FUNCTION record_gain_signatures(text, jsonb) TO countersign_grants;
ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO countersign_grants;
ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT USAGE ON SEQUENCES TO countersign_grants;
