-- SPDX-License-Identifier: Apache-2.0
-- What was deleted, and the only ways to delete it. A guard against mistakes, not against the database's owner: what binds
-- is the signed records that the rows name.

CREATE TABLE retention_item (
  deletion text NOT NULL REFERENCES record (digest),
  workspace text NOT NULL DEFAULT 'main',
  kind text NOT NULL,
  id text NOT NULL,
  rule text NOT NULL,
  count bigint NOT NULL CHECK (count >= 0),
  bytes bigint NOT NULL CHECK (bytes >= 0),
  PRIMARY KEY (deletion, kind, id)
);
CREATE INDEX retention_item_by_id ON retention_item (id, kind);
COMMENT ON TABLE retention_item IS 'Untrusted copy of the lists that deletion records commit to: written with the record, before anything is deleted. May be derived again from the records and their blobs.';

CREATE TABLE retention_outcome (
  deletion text NOT NULL,
  workspace text NOT NULL DEFAULT 'main',
  kind text NOT NULL,
  id text NOT NULL,
  outcome text NOT NULL CHECK (outcome IN ('deleted', 'skipped')),
  reason text NOT NULL,
  at timestamptz(3) NOT NULL,
  PRIMARY KEY (deletion, kind, id),
  FOREIGN KEY (deletion, kind, id) REFERENCES retention_item (deletion, kind, id)
);
COMMENT ON TABLE retention_outcome IS 'What became of each item of a deletion; an item without a row here is still to be deleted. Untrusted: the disposal record says it signed.';

-- Whether a deletion stands in the log, was ordered by a record that two keys signed and that stands there too, and lists
-- as many things as it was signed for.
CREATE FUNCTION retention_is_ordered(asked text) RETURNS boolean
LANGUAGE sql STABLE SET search_path = public, pg_temp AS $$
  SELECT EXISTS (
    SELECT FROM record d
      JOIN log_entry de ON de.record = d.digest,
      LATERAL (SELECT convert_from(d.payload, 'UTF8')::jsonb #> '{predicate,content}' AS content) said
      JOIN record s ON s.digest = said.content ->> 'sweep'
      JOIN log_entry se ON se.record = s.digest
     WHERE d.digest = asked AND d.type = 'retention-rule' AND d.kind = 'deletion'
       AND s.type = 'retention-rule' AND s.kind = 'sweep' AND jsonb_array_length(s.signatures) >= 2
       AND (SELECT sum(i.count) FROM retention_item i WHERE i.deletion = asked)
         = (SELECT sum((one ->> 'count')::bigint) FROM jsonb_array_elements(said.content -> 'counts') one))
$$;
REVOKE ALL ON FUNCTION retention_is_ordered(text) FROM PUBLIC;

-- Until the transaction ends no record is added: a hold that comes meanwhile is either seen or placed after.
CREATE FUNCTION retention_hold_still() RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  LOCK TABLE record IN SHARE MODE;
END
$$;
REVOKE ALL ON FUNCTION retention_hold_still() FROM PUBLIC;

-- Parts of decisions that an ordered deletion lists: `decision-inputs` lists the part `inputs`.
CREATE FUNCTION retention_destroy_parts(asked text, decisions text[], parts text[]) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE gone bigint;
BEGIN
  IF NOT retention_is_ordered(asked) THEN
    RAISE EXCEPTION 'deletion % is not ordered by two signatures in the log', asked;
  END IF;
  DELETE FROM decision_part p
   USING unnest(decisions, parts) AS named (decision, part), retention_item i
   WHERE p.decision = named.decision AND p.part = named.part AND p.workspace = i.workspace
     AND i.deletion = asked AND i.id = named.decision AND i.kind = 'decision-' || named.part;
  GET DIAGNOSTICS gone = ROW_COUNT;
  RETURN gone;
END
$$;
REVOKE ALL ON FUNCTION retention_destroy_parts(text, text[], text[]) FROM PUBLIC;

-- Rows of a day in UTC that an ordered deletion lists.
CREATE FUNCTION retention_delete_audit(asked text, day text) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE gone bigint;
BEGIN
  IF NOT retention_is_ordered(asked) THEN
    RAISE EXCEPTION 'deletion % is not ordered by two signatures in the log', asked;
  END IF;
  DELETE FROM audit_event a USING retention_item i
   WHERE i.deletion = asked AND i.kind = 'audit-rows' AND i.id = day AND a.workspace = i.workspace
     AND a.at >= (day || 'T00:00:00Z')::timestamptz AND a.at < (day || 'T00:00:00Z')::timestamptz + interval '1 day';
  GET DIAGNOSTICS gone = ROW_COUNT;
  RETURN gone;
END
$$;
REVOKE ALL ON FUNCTION retention_delete_audit(text, text) FROM PUBLIC;

-- From here on parts go by a listed deletion or not at all.
REVOKE DELETE ON decision_part FROM countersign_grants;
REVOKE ALL ON retention_item, retention_outcome FROM countersign_grants;
GRANT SELECT, INSERT ON retention_item, retention_outcome TO countersign_grants;
GRANT EXECUTE ON FUNCTION retention_hold_still() TO countersign_grants;
GRANT EXECUTE ON FUNCTION retention_destroy_parts(text, text[], text[]) TO countersign_grants;
GRANT EXECUTE ON FUNCTION retention_delete_audit(text, text) TO countersign_grants;
