// SPDX-License-Identifier: Apache-2.0
import {
  checkpointOf,
  checkpointSignedBy,
  encodeLogLeaf,
  equalBytes,
  fromBase64,
  type LoggedRecord,
  leafHash,
  merkleRoot,
  type Period,
  type Primitives,
  parseLogLeaf,
  type RecordSet,
  readRecord,
  recordSet,
  signatureSetDigest,
} from '@countersign/kernel';
import {
  BULK_TYPES,
  CHECKPOINTS_ENTRY,
  EDGES_ENTRY,
  type ExamContents,
  HASHES_ENTRY,
  RECORDS_ENTRY,
} from './exam-contents.ts';
import type { ExamFindings } from './exam-findings.ts';

const HASH_BYTES = 32;

type Contents = Omit<ExamContents, 'blobs'>;

export interface ExamLog {
  readonly set: RecordSet;
  readonly logged: readonly LoggedRecord[];
  readonly size: number;
}

/**
 * The records of a package as the log holds them: each is the leaf at its place, the leaves are those of a checkpoint that
 * a log key of the firm signed, and the signatures make the records count. Undefined when nothing further can be judged.
 */
export function verifyLog(
  p: Primitives,
  contents: Contents,
  at: { readonly root: string; readonly found: ExamFindings },
): ExamLog | undefined {
  const { found } = at;
  const hashes = splitHashes(contents.hashes);
  const size = contents.question.known + 1;
  if (contents.hashes.length !== size * HASH_BYTES) {
    found.problem(HASHES_ENTRY, `holds ${hashes.length} leaf hashes, not ${size}`);
    return undefined;
  }
  const logged = placedRecords(p, contents, { hashes, found });
  const counted = recordSet(p, at.root, logged);
  if (!counted.ok) {
    found.problem(RECORDS_ENTRY, counted.reason);
    return undefined;
  }
  const { set } = counted;
  verifyCheckpoints(p, contents.checkpoints, { hashes, set, found });
  verifyTimes(logged, found);
  verifyWithheld(logged, contents, found);
  return { set, logged, size };
}

function splitHashes(bytes: Uint8Array): readonly Uint8Array[] {
  const hashes: Uint8Array[] = [];
  for (let at = 0; at + HASH_BYTES <= bytes.length; at += HASH_BYTES) {
    hashes.push(bytes.subarray(at, at + HASH_BYTES));
  }
  return hashes;
}

function placedRecords(
  p: Primitives,
  contents: Contents,
  { hashes, found }: { readonly hashes: readonly Uint8Array[]; readonly found: ExamFindings },
): readonly LoggedRecord[] {
  const logged: LoggedRecord[] = [];
  for (const { index, time, envelope } of contents.records) {
    const record = readRecord(p, envelope);
    const signatures = signatureSetDigest(p, envelope.signatures);
    const leaf = encodeLogLeaf({ v: 1, type: 'record', payload: record.digest, signatures, time });
    const hash = hashes[index];
    if (hash === undefined || !equalBytes(leafHash(p, leaf), hash)) {
      found.problem(RECORDS_ENTRY, `record ${record.digest} is not entry ${index} of the log`);
    }
    if (index <= (logged.at(-1)?.index ?? -1)) {
      found.problem(RECORDS_ENTRY, `entry ${index} is out of order`);
    }
    logged.push({ ...record, index, loggedAt: time });
  }
  return logged;
}

/** The first checkpoint is of the whole log here; the others are earlier states, which must be beginnings of it. */
function verifyCheckpoints(
  p: Primitives,
  checkpoints: readonly string[],
  at: {
    readonly hashes: readonly Uint8Array[];
    readonly set: RecordSet;
    readonly found: ExamFindings;
  },
): void {
  const { hashes, set, found } = at;
  const keys = [...set.register.values()]
    .filter(({ holder }) => holder.kind === 'service' && holder.service === 'log')
    .map(({ key }) => key);
  const name = set.founding.logOrigin;
  const proven: number[] = [];
  for (const [place, text] of checkpoints.entries()) {
    // The newest must be signed with a key in force; an earlier one may be with a key that has been replaced since.
    const checkpoint =
      place === 0 ? checkpointOf(p, text, set) : checkpointSignedBy(p, text, { name, keys });
    if (checkpoint === undefined) {
      found.problem(CHECKPOINTS_ENTRY, 'a checkpoint is not signed by a log key of this firm');
      continue;
    }
    const { size, root } = checkpoint;
    if (place === 0 && size !== hashes.length) {
      found.problem(
        CHECKPOINTS_ENTRY,
        `the checkpoint is of ${size} entries, not ${hashes.length}`,
      );
    } else if (size > hashes.length || !equalBytes(merkleRoot(p, hashes.slice(0, size)), root)) {
      found.problem(
        HASHES_ENTRY,
        `the leaf hashes are not those of the checkpoint of ${size} entries`,
      );
    } else proven.push(size);
  }
  if (checkpoints.length === 0) found.problem(CHECKPOINTS_ENTRY, 'no checkpoint is given');
  const sizes = [...new Set(proven)].sort((a, b) => a - b);
  if (sizes.length > 0) {
    found.establish(
      `the leaf hashes are those of the signed checkpoint${sizes.length === 1 ? '' : 's'} of ${sizes.join(', ')} entries, each a beginning of the next`,
    );
  }
}

/** Windows and ages are judged by the log's times: were they free to go back, so would be the order of things. */
function verifyTimes(logged: readonly LoggedRecord[], found: ExamFindings): void {
  const early = logged.find(
    ({ loggedAt }, at) => loggedAt < (logged[at - 1]?.loggedAt ?? loggedAt),
  );
  if (early !== undefined) {
    found.problem(RECORDS_ENTRY, `the log's times go back at entry ${early.index}`);
  }
}

/** What lies outside the period and is not here is stated by the signed manifest alone; how much it is must be said. */
function verifyWithheld(
  logged: readonly LoggedRecord[],
  { hashes, bulk }: Contents,
  found: ExamFindings,
): void {
  const withheld = hashes.length / HASH_BYTES - logged.length;
  if (withheld === 0) {
    found.establish('every entry of the log is here: no register leaves a record out');
    return;
  }
  const kinds = BULK_TYPES.join(', ');
  found.limit(
    `${withheld} entries ${bulk === 'records' ? 'outside the period ' : ''}are given by their hash alone; that they are of the types ${kinds} is the word of whoever signed the package`,
  );
}

/** Where a period begins and ends in the log, shown by the leaves on either side of both ends. */
export function periodRange(
  p: Primitives,
  contents: Contents,
  { log, found }: { readonly log: ExamLog; readonly found: ExamFindings },
): { readonly from: number; readonly to: number } | undefined {
  const times = new Map(log.logged.map(({ index, loggedAt }) => [index, loggedAt]));
  for (const { index, leaf } of contents.edges) {
    const bytes = fromBase64(leaf);
    const hash = contents.hashes.subarray(index * HASH_BYTES, (index + 1) * HASH_BYTES);
    if (!equalBytes(leafHash(p, bytes), hash)) {
      found.problem(EDGES_ENTRY, `the leaf given for entry ${index} is not in the log`);
    } else times.set(index, parseLogLeaf(bytes).time);
  }
  const { from, to } = contents.question.period;
  const begin = firstSince(times, log.size, (time) => time >= from);
  const end = firstSince(times, log.size, (time) => time > to);
  if (begin === undefined || end === undefined) {
    found.problem(EDGES_ENTRY, 'the ends of the period are not shown by the entries beside them');
    return undefined;
  }
  return { from: begin, to: end };
}

/** The first entry past a boundary, when the entry before it is known to lie on the other side. */
function firstSince(
  times: ReadonlyMap<number, string>,
  size: number,
  isPast: (time: string) => boolean,
): number | undefined {
  let first = size;
  for (const [index, time] of times) if (isPast(time) && index < first) first = index;
  if (first === 0) return 0;
  const before = times.get(first - 1);
  return before !== undefined && !isPast(before) ? first : undefined;
}

/** Every entry of the period is a record here: then the changes among them are all that there are. */
export function verifyPopulation(
  contents: Contents,
  range: { readonly from: number; readonly to: number },
  { log, found }: { readonly log: ExamLog; readonly found: ExamFindings },
): void {
  const here = new Set(log.logged.map(({ index }) => index));
  const missing: number[] = [];
  for (let index = range.from; index < range.to; index += 1) {
    if (!here.has(index)) missing.push(index);
  }
  const period = inWords(contents.question.period);
  if (missing.length === 0) {
    found.establish(
      `complete: each of the ${range.to - range.from} entries of the log ${period} is here (${range.from} to ${range.to - 1}), so no change of the period is left out`,
    );
  } else if (contents.bulk === 'records') {
    found.problem(
      RECORDS_ENTRY,
      `${missing.length} of ${range.to - range.from} entries ${period} are missing, the first is entry ${missing[0]}: the changes are not complete`,
    );
  } else {
    found.limit(
      `${missing.length} of ${range.to - range.from} entries ${period} are given by their hash alone: that no change is among them is not proven; ask for a package with \`bulk=records\``,
    );
  }
}

function inWords({ from, to }: Period): string {
  return `from ${from} to ${to}`;
}
