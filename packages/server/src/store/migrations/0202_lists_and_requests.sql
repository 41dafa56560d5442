-- SPDX-License-Identifier: Apache-2.0
-- A signed request is carried out once, however often it is sent at the same time; after a failure it may be asked
-- for again.
CREATE UNIQUE INDEX job_by_request ON job (request) WHERE request IS NOT NULL AND state <> 'failed';

-- The order in which records and decisions are listed, newest first: a page is read without sorting the table.
CREATE INDEX record_by_time ON record (workspace, recorded_at, digest);
CREATE INDEX decision_by_time ON decision (workspace, decided_at, id);
