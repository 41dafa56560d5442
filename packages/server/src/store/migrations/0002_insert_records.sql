-- SPDX-License-Identifier: Apache-2.0
-- A function, because its plan is kept for the session: planning the statement anew costs as much as running it.
-- Inserts those records that are not there yet, with their links, and returns the digests that were new. Links are
-- given flat: link_record is the position (from 1) of their record.
CREATE FUNCTION insert_records(
  queue boolean, digests text[], workspaces text[], types text[], kinds text[], payload_types text[],
  payloads bytea[], payload_sizes integer[], signature_sets jsonb[], actors text[], models text[], uses text[],
  versions integer[], claimed timestamptz[], recorded timestamptz[],
  link_records integer[], link_targets text[], link_paths text[]
) RETURNS SETOF text
LANGUAGE plpgsql SET search_path = public, pg_temp
SET plan_cache_mode = force_generic_plan -- or each call is planned for the lengths of its arrays
AS $$
BEGIN
  RETURN QUERY
  WITH given AS (
    SELECT * FROM unnest(digests, workspaces, types, kinds, payload_types, payloads, payload_sizes, signature_sets,
                         actors, models, uses, versions, claimed, recorded) WITH ORDINALITY
      AS g (digest, workspace, type, kind, payload_type, payload, payload_size, signatures,
            actor, model, use, version, claimed_at, recorded_at, place)),
  new AS (
    INSERT INTO record AS r (digest, workspace, type, kind, payload_type, payload, payload_size, signatures,
                             actor, model, use, version, claimed_at, recorded_at)
    SELECT g.digest, g.workspace, g.type, g.kind, g.payload_type, g.payload, g.payload_size, g.signatures,
           g.actor, g.model, g.use, g.version, g.claimed_at, g.recorded_at FROM given g
    ON CONFLICT DO NOTHING RETURNING r.digest, r.workspace),
  linked AS (
    INSERT INTO record_link (workspace, from_digest, to_digest, path)
    SELECT new.workspace, new.digest, link.target, link.path
      FROM unnest(link_records, link_targets, link_paths) AS link (place, target, path)
      JOIN new ON new.digest = digests[link.place]
    ON CONFLICT DO NOTHING),
  queued AS (
    INSERT INTO unsequenced (workspace, record)
    SELECT new.workspace, new.digest FROM given g JOIN new ON new.digest = g.digest
     WHERE queue ORDER BY g.place
    ON CONFLICT DO NOTHING)
  SELECT new.digest FROM new;
END
$$;
REVOKE ALL ON FUNCTION insert_records(boolean, text[], text[], text[], text[], text[], bytea[], integer[], jsonb[],
  text[], text[], text[], integer[], timestamptz[], timestamptz[], integer[], text[], text[]) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION insert_records(boolean, text[], text[], text[], text[], text[], bytea[], integer[], jsonb[],
  text[], text[], text[], integer[], timestamptz[], timestamptz[], integer[], text[], text[]) TO countersign_grants;
