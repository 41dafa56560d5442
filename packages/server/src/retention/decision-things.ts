// SPDX-License-Identifier: Apache-2.0
import type { StoredThing, ThingKind } from '@countersign/kernel';
import { type Kysely, sql } from 'kysely';
import type { Database } from '../store/index.ts';

interface Row {
  readonly id: string;
  readonly model: string;
  readonly use: string | null;
  readonly version: number | null;
  readonly decided_at: Date;
  readonly proof_bytes: number;
  readonly parts: readonly { readonly part: string; readonly bytes: number }[] | null;
  readonly notice_at: Date | null;
  readonly subject: string | null;
}

const PAGE_DECISIONS = 2_000;
/** Of the business day rows below: enough for any firm's log in one answer, and an end all the same. */
const PAGES_MAX = 1_000_000;

const COLUMNS = sql`
  d.id, d.model, d.use, d.version, d.decided_at,
  length(d.leaf) + length(d.header) + length(d.header_salt) AS proof_bytes,
  (SELECT json_agg(json_build_object('part', p.part, 'bytes', length(p.bytes) + length(p.salt)) ORDER BY p.part)
     FROM decision_part p WHERE p.workspace = d.workspace AND p.decision = d.id) AS parts,
  (SELECT max(a.acted_at) FROM action a WHERE a.workspace = d.workspace AND a.decision = d.id) AS notice_at,
  (SELECT max(k.subject_hmac) FROM decision_key k
    WHERE k.workspace = d.workspace AND k.decision = d.id) AS subject`;

/** Every decision with the parts that it still has, oldest first, in pages. */
export async function* decisionThings(
  db: Kysely<Database>,
  of: { readonly workspace: string; readonly model?: string | undefined },
): AsyncGenerator<StoredThing> {
  let last: { readonly at: Date; readonly id: string } | undefined;
  for (let page = 0; page < PAGES_MAX; page += 1) {
    const after =
      last === undefined ? sql`true` : sql`(d.decided_at, d.id) > (${last.at}, ${last.id})`;
    const model = of.model === undefined ? sql`true` : sql`d.model = ${of.model}`;
    const { rows } = await sql<Row>`
      SELECT ${COLUMNS} FROM decision d WHERE d.workspace = ${of.workspace} AND ${model} AND ${after}
       ORDER BY d.decided_at, d.id LIMIT ${PAGE_DECISIONS}`.execute(db);
    for (const row of rows) yield* thingsOf(row);
    const end = rows.at(-1);
    if (end === undefined || rows.length < PAGE_DECISIONS) return;
    last = { at: end.decided_at, id: end.id };
  }
}

/** These decisions as they are now. */
export async function decisionThingsById(
  db: Kysely<Database>,
  of: { readonly workspace: string; readonly ids: readonly string[] },
): Promise<readonly StoredThing[]> {
  const { rows } = await sql<Row>`
    SELECT ${COLUMNS} FROM decision d
     WHERE d.workspace = ${of.workspace} AND d.id = ANY(${[...of.ids]})`.execute(db);
  return rows.flatMap(thingsOf);
}

function thingsOf(row: Row): readonly StoredThing[] {
  const { id, model, use, version } = row;
  const moments = {
    decision: row.decided_at.toISOString(),
    // What the firm did with it is what it told the applicant; the last of it, if it changed its mind.
    ...(row.notice_at === null ? {} : { notice: row.notice_at.toISOString() }),
  };
  const thing = (kind: ThingKind, bytes: number): StoredThing => ({
    kind,
    id,
    bytes,
    count: 1,
    ...(row.subject === null ? {} : { subject: row.subject }),
    references: [
      {
        kind,
        model,
        ...(use === null ? {} : { use }),
        ...(version === null ? {} : { version }),
        moments,
      },
    ],
  });
  return [
    thing('decision-proof', row.proof_bytes),
    ...(row.parts ?? []).map(({ part, bytes }) => thing(`decision-${part}` as ThingKind, bytes)), // the table's CHECK names the parts
  ];
}
