-- SPDX-License-Identifier: Apache-2.0
-- What people and other systems were told, and how they wish to be told. Where notices go is a signed record, and what
-- there is to tell is computed from records: nothing here decides either.

CREATE TABLE notice_message (
  id uuid PRIMARY KEY,
  workspace text NOT NULL DEFAULT 'main',
  channel text NOT NULL,
  account text,
  address text,
  urgent boolean NOT NULL,
  state text NOT NULL CHECK (state IN ('queued', 'sent', 'failed', 'dead')),
  attempts integer NOT NULL DEFAULT 0,
  written_at timestamptz(3) NOT NULL,
  next_attempt_at timestamptz(3),
  lease_until timestamptz(3),
  sent_at timestamptz(3),
  attempted_at timestamptz(3),
  result text
);
CREATE INDEX notice_message_waiting ON notice_message (workspace, channel, next_attempt_at)
  WHERE state IN ('queued', 'failed');
CREATE INDEX notice_message_by_time ON notice_message (workspace, written_at);
COMMENT ON TABLE notice_message IS 'E-mails and webhook calls: one row each, written before anything is sent. Untrusted: a deleted or changed row can suppress or repeat a notice, and decides nothing.';
COMMENT ON COLUMN notice_message.lease_until IS 'Until when one server has it in hand. A server that dies while sending leaves it; then it is sent again under the same id.';

CREATE TABLE notice_item (
  workspace text NOT NULL DEFAULT 'main',
  channel text NOT NULL,
  recipient text NOT NULL,
  key text NOT NULL,
  message uuid NOT NULL REFERENCES notice_message (id) DEFERRABLE INITIALLY DEFERRED,
  kind text NOT NULL,
  subject text NOT NULL,
  text text NOT NULL,
  link text NOT NULL,
  due timestamptz(3),
  urgent boolean NOT NULL,
  record text,
  PRIMARY KEY (workspace, channel, recipient, key)
);
CREATE INDEX notice_item_by_message ON notice_item (message);
COMMENT ON TABLE notice_item IS 'Each notice once a recipient and channel: whoever inserts the row has claimed it. Informative: auditors read here who was told what; what binds is in the log.';

CREATE TABLE notice_preference (
  workspace text NOT NULL DEFAULT 'main',
  account text NOT NULL,
  pace text NOT NULL CHECK (pace IN ('at-once', 'daily', 'urgent')),
  address text,
  digested text,
  set_at timestamptz(3) NOT NULL,
  PRIMARY KEY (workspace, account)
);
COMMENT ON TABLE notice_preference IS 'When and where a person is written to. An address counts only in a domain that the signed channels list.';

COMMENT ON COLUMN notice_preference.digested IS 'The day, in the firm''s zone, whose daily digest was written; what comes later waits for the next.';

REVOKE ALL ON notice_message, notice_item, notice_preference FROM countersign_grants;
GRANT SELECT, INSERT, UPDATE ON notice_message TO countersign_grants;
GRANT SELECT, INSERT ON notice_item TO countersign_grants;
GRANT SELECT, INSERT, UPDATE ON notice_preference TO countersign_grants;
