// SPDX-License-Identifier: Apache-2.0
import { setImmediate } from 'node:timers/promises';
import {
  extendRecordSet,
  isDigest,
  type Json,
  type LoggedRecord,
  type Period,
  type RecordSet,
  recordSet,
} from '@countersign/kernel';
import { BULK_TYPES, type ExamContents, writeExamPackage } from '@countersign/verifier';
import type { ServerContext } from '../context.ts';
import { ServerError } from '../errors.ts';
import { checkpointKnownAt, checkpointsAround, type LogExtent, readExtent } from './log-extent.ts';
import { readDisclosed } from './read-disclosed.ts';

/** Every moment in UTC with milliseconds. */
export interface ExamRequest {
  readonly date: string;
  readonly period: Period;
  /** What the log held then answers. */
  readonly known: string;
  readonly bulk: ExamContents['bulk'];
}

/**
 * An exam package: every record of the log but headers of batches outside the period, the hash of every leaf, and the
 * registers that follow from them. The same log position, date and period give the same bytes.
 * @throws ServerError `checkpoint_unknown` when nothing was published by `known`, `request_malformed` for a period that
 *   ends before it begins or holds more batch headers than a package takes
 */
export async function examPackage(
  context: ServerContext,
  request: ExamRequest,
): Promise<Uint8Array> {
  const { period, date, bulk } = request;
  refuseBackwards(period);
  const { db } = context.database;
  const whole = await checkpointKnownAt(db, request.known);
  const extent = await readExtent(db, context.primitives, { size: whole.size, period });
  const logged = await disclosed(context, { whole: whole.size, extent, bulk });
  const set = await countedOf(context, logged);
  const here = new Set(logged.map(({ index }) => index));
  const contents: ExamContents = {
    root: context.root,
    question: { workspace: context.workspace, date, known: whole.size - 1, period },
    bulk,
    hashes: extent.hashes,
    checkpoints: await checkpointsAround(db, extent.range, whole),
    records: logged.map(({ index, loggedAt, envelope }) => ({ index, time: loggedAt, envelope })),
    edges: extent.edges.filter(({ index }) => !here.has(index)),
    blobs: await namedTexts(context, set),
  };
  return writeExamPackage(context.primitives, contents, { set, logged, signer: context.platform });
}

function refuseBackwards({ from, to }: Period): void {
  if (from <= to) return;
  throw new ServerError('request_malformed', `the period ends at ${to}, before it begins`, {
    details: { field: 'to' },
  });
}

/** Records in a package; a year of a firm's governance is far below it, its batch headers may not be. */
const BULK_RECORDS_MAX = 100_000;

async function disclosed(
  context: ServerContext,
  at: { readonly whole: number; readonly extent: LogExtent; readonly bulk: ExamContents['bulk'] },
): Promise<readonly LoggedRecord[]> {
  const { range } = at.extent;
  const bulkRange = at.bulk === 'records' ? range : { from: 0, to: 0 };
  const reading = { size: at.whole, bulkTypes: BULK_TYPES, bulkRange, bulkMax: BULK_RECORDS_MAX };
  return readDisclosed(context, reading);
}

/** Signatures verified at a stretch: other requests are answered in between. */
const STEP_RECORDS = 500;

async function countedOf(
  context: ServerContext,
  logged: readonly LoggedRecord[],
): Promise<RecordSet> {
  const { primitives, root } = context;
  const first = recordSet(primitives, root, logged.slice(0, STEP_RECORDS));
  if (!first.ok) throw new ServerError('founding_mismatch', first.reason);
  let { set } = first;
  for (let at = STEP_RECORDS; at < logged.length; at += STEP_RECORDS) {
    await setImmediate();
    set = extendRecordSet(primitives, set, logged.slice(at, at + STEP_RECORDS));
  }
  return set;
}

/** Texts of policies and minutes that the store holds: a digest alone is no policy to read. */
async function namedTexts(context: ServerContext, set: RecordSet): Promise<ExamContents['blobs']> {
  const named = new Set<string>();
  for (const { statement } of set.records) {
    const { type, content, blobs = [] } = statement.predicate;
    const minutes = minutesOf(content);
    if (type !== 'policy-document' && minutes === undefined) continue;
    for (const one of [content.textDigest, minutes, ...blobs]) {
      if (typeof one === 'string' && isDigest(one)) named.add(one);
    }
  }
  const texts: { digest: string; bytes: Uint8Array }[] = [];
  for (const digest of [...named].sort()) {
    if (await context.blobs.has(digest)) {
      texts.push({ digest, bytes: await context.blobs.get(digest) });
    }
  }
  return texts;
}

/** Digest of the minutes of a committee that a record is the decision of. */
function minutesOf({ minutes, committee }: { readonly [member: string]: Json }): Json | undefined {
  if (minutes !== undefined) return minutes;
  if (typeof committee !== 'object' || committee === null || Array.isArray(committee)) {
    return undefined;
  }
  return (committee as { readonly [member: string]: Json }).minutes; // arrays were left out above
}
