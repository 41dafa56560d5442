// SPDX-License-Identifier: Apache-2.0
import {
  type Envelope,
  type EnvelopeSignature,
  readRecord,
  type SignedRecord,
} from '@countersign/kernel';
import { sql } from 'kysely';
import type { ServerContext, ServerTransaction } from '../context.ts';
import { ServerError } from '../errors.ts';
import { appendRecord, sortSignatures } from '../ledger/index.ts';
import {
  checkSignature,
  type IngestSigner,
  keysNamedBy,
  signersOfPersons,
} from './check-signatures.ts';
import { checkContent } from './content-rules.ts';
import { lackingSignatures } from './lacking-signatures.ts';
import { findPending, keepPending, type PendingRecord, readPending } from './pending-records.ts';
import { checkReferences } from './references.ts';
import { refuseUnstorable } from './storable.ts';

export interface Ingested {
  readonly digest: string;
  readonly state: 'recorded' | 'awaiting-signatures';
  /** Which signatures are still needed. */
  readonly needs?: string;
}

/** Who sends it; a person, since the platform's records have `recordByPlatform`. */
export interface Sender {
  readonly account: string;
  readonly printedName: string;
}

/** Payload of a record, in bytes; larger content belongs in a blob. */
const PAYLOAD_BYTES_MAX = 1024 * 1024;

/**
 * Records what persons signed: all of them or, when one is refused, none. Idempotent by digest. Records that take two
 * persons wait for the signatures they lack.
 * @throws KernelError for what is no record; ServerError `record_of_another_firm`, `record_refused`,
 * `conflict_of_duties`, `signature_invalid`, `not_a_signer`, `record_too_large`
 */
export async function ingestRecords(
  context: ServerContext,
  sender: Sender,
  envelopes: readonly Envelope[],
): Promise<readonly Ingested[]> {
  const arrivals = envelopes.map((envelope) => readArrival(context, envelope));
  const judged: Judged[] = [];
  for (const record of arrivals) {
    judged.push(await judge(context, { sender, record, together: arrivals }));
  }
  return context.database.db.transaction().execute(async (tx) => {
    const results: Ingested[] = [];
    for (const one of judged) results.push(await write(context, tx, { sender, ...one }));
    return results;
  });
}

/**
 * Adds a signature to a record that awaits it, and records it once it lacks none.
 * @throws ServerError `record_unknown` when none awaits, and as `ingestRecords`
 */
export async function signPending(
  context: ServerContext,
  sender: Sender,
  at: { readonly digest: string; readonly signature: EnvelopeSignature },
): Promise<Ingested> {
  for (let attempt = 0; attempt < SIGN_ATTEMPTS_MAX; attempt += 1) {
    const known = await findPending(context.database.db, at.digest);
    if (known === undefined) return refuseUnlessRecorded(context, at.digest);
    // Judged before the transaction: a judgement reads by connections of its own, and signers who each held one while
    // they waited for another would stop the whole server.
    const record = withSignature(context, known, at.signature);
    const judged = await judge(context, { sender, record, together: [] });
    const written = await context.database.db.transaction().execute(async (tx) => {
      const pending = await readPending(tx, at.digest);
      if (pending === undefined || !haveSameSignatures(pending, known)) return undefined;
      return write(context, tx, { sender, ...judged });
    });
    if (written !== undefined) return written;
  }
  throw new ServerError(
    'record_conflict',
    `others sign record ${at.digest} at this moment; send the signature again`,
    { details: { digest: at.digest } },
  );
}

/** Somebody else's signature may come in between judging and writing; each of a record's few signers can do so once. */
const SIGN_ATTEMPTS_MAX = 70;

function haveSameSignatures(a: PendingRecord, b: PendingRecord): boolean {
  const [one, other] = [a, b].map(({ envelope }) => JSON.stringify(envelope.signatures));
  return one === other;
}

interface Judged {
  readonly record: SignedRecord;
  /** `known`: it is in the database with these signatures. */
  readonly outcome: 'known' | 'complete' | { readonly needs: string };
}

/**
 * Reads a sent envelope; its signatures are not checked yet.
 * @throws ServerError `record_too_large`; KernelError for what is no record
 */
export function readSent(
  context: Pick<ServerContext, 'primitives'>,
  envelope: Envelope,
): SignedRecord {
  // Base64 is four characters for three bytes.
  if (envelope.payload.length > Math.ceil(PAYLOAD_BYTES_MAX / 3) * 4) {
    throw new ServerError(
      'record_too_large',
      `a record holds ${PAYLOAD_BYTES_MAX} bytes at most; put larger content into a blob and name its digest`,
    );
  }
  const record = readRecord(context.primitives, envelope);
  refuseUnstorable(record);
  return record;
}

/** Refuses what belongs to another firm or was done once for all. */
function readArrival(context: ServerContext, envelope: Envelope): SignedRecord {
  const record = readSent(context, envelope);
  const { predicate } = record.statement;
  if (predicate.type === 'founding') refused(record, 'a firm is founded once');
  if (predicate.founding !== context.root) {
    throw new ServerError(
      'record_of_another_firm',
      `record ${record.digest} belongs to the firm founded by ${predicate.founding ?? 'nobody'}, not to ${context.root}`,
      { details: { digest: record.digest, field: 'predicate.founding' } },
    );
  }
  if (predicate.subjectRef.workspace !== context.workspace) {
    refused(
      record,
      `its workspace is \`${predicate.subjectRef.workspace}\`, this server's \`${context.workspace}\``,
    );
  }
  return record;
}

async function judge(
  context: ServerContext,
  at: {
    readonly sender: Sender;
    readonly record: SignedRecord;
    readonly together: readonly SignedRecord[];
  },
): Promise<Judged> {
  const { sender } = at;
  if (await isKnown(context, at.record)) {
    refuseStranger(at.record, sender, signersOfPersons(context, at.record));
    return { record: at.record, outcome: 'known' };
  }
  const record = await withPendingSignatures(context, at.record);
  const signers = signersOfPersons(context, record);
  refuseStranger(record, sender, signers);
  refuseFuture(context, record);
  await checkReferences(context, record, at.together);
  await checkContent(context, { record, signers, sender, together: at.together });
  const needs = await lackingSignatures(context, record, signers);
  return { record, outcome: needs === undefined ? 'complete' : { needs } };
}

/** The sender acted or signed; and whoever acted is a person, not a service. */
function refuseStranger(
  record: SignedRecord,
  sender: Sender,
  signers: readonly IngestSigner[],
): void {
  const { actor } = record.statement.predicate;
  if (actor.startsWith('service:')) {
    refused(record, `\`${actor}\` is a service; a person's record names the person who acts`);
  }
  const isInvolved =
    actor === sender.account ||
    acceptsKey(record, sender.account) ||
    signers.some(({ account }) => account === sender.account);
  if (!isInvolved) {
    throw new ServerError(
      'not_a_signer',
      `\`${sender.account}\` neither acted in record ${record.digest.slice(0, 12)} nor signed it; it is sent by \`${actor}\` or a signer`,
      { details: { digest: record.digest } },
    );
  }
}

/** The person whom an enrolment or a rotation gives a key has none yet to be a signer with. */
function acceptsKey(record: SignedRecord, account: string): boolean {
  return keysNamedBy(record).some(
    ({ holder }) => holder.kind === 'person' && holder.account === account,
  );
}

/** Signatures that came earlier for the same bytes, with those that came now. */
async function withPendingSignatures(
  context: ServerContext,
  record: SignedRecord,
): Promise<SignedRecord> {
  const pending = await findPending(context.database.db, record.digest);
  if (pending === undefined) return record;
  const given = record.envelope.signatures;
  const earlier = pending.envelope.signatures.filter(
    (one) => !given.some(({ keyid }) => keyid === one.keyid) && stillCounts(context, record, one),
  );
  const signatures = sortSignatures([...earlier, ...given]);
  return { ...record, envelope: { ...record.envelope, signatures } };
}

/** A key may have been suspended since: its signature is dropped, or the record would wait for ever. */
function stillCounts(
  context: ServerContext,
  record: SignedRecord,
  signature: EnvelopeSignature,
): boolean {
  try {
    checkSignature(context, record, signature);
    return true;
  } catch (error) {
    if (error instanceof ServerError && error.code === 'signature_invalid') return false;
    throw error;
  }
}

/** Clocks differ by seconds; a claimed time in the future would make an order that never was. */
const CLOCK_SKEW_MS = 5 * 60 * 1000;

function refuseFuture(context: ServerContext, record: SignedRecord): void {
  const { claimedAt } = record.statement.predicate;
  if (Date.parse(claimedAt) > Date.parse(context.now()) + CLOCK_SKEW_MS) {
    refused(
      record,
      `it claims the time ${claimedAt}, which is in the future here`,
      'predicate.claimedAt',
    );
  }
}

async function isKnown(context: ServerContext, record: SignedRecord): Promise<boolean> {
  const row = await context.database.db
    .selectFrom('record')
    .select('signatures')
    .where('digest', '=', record.digest)
    .executeTakeFirst();
  if (row === undefined) return false;
  const held = new Set(row.signatures.map(({ keyid, sig }) => `${keyid} ${sig}`));
  const gained = record.envelope.signatures.find(({ keyid, sig }) => !held.has(`${keyid} ${sig}`));
  if (gained !== undefined) {
    throw new ServerError(
      'record_sequenced',
      `record ${record.digest} is recorded with other signatures; sign a new record that names it`,
      { details: { digest: record.digest, keyid: gained.keyid } },
    );
  }
  return true;
}

async function write(
  context: ServerContext,
  tx: ServerTransaction,
  at: Judged & { readonly sender: Sender },
): Promise<Ingested> {
  const { record, outcome, sender } = at;
  const { digest } = record;
  if (outcome === 'known') return { digest, state: 'recorded' };
  if (outcome === 'complete') {
    await sql`DELETE FROM pending_record WHERE digest = ${digest}`.execute(tx);
    await appendRecord(tx, record.envelope, {
      blobs: context.blobs,
      recordedAt: new Date(context.now()),
    });
    return { digest, state: 'recorded' };
  }
  const merged = await keepPending(context, tx, {
    record,
    needs: outcome.needs,
    proposedBy: sender.account,
  });
  return { digest, state: 'awaiting-signatures', needs: merged.needs };
}

function withSignature(
  context: ServerContext,
  pending: PendingRecord,
  signature: EnvelopeSignature,
): SignedRecord {
  const { envelope } = pending;
  const unsigned = readRecord(context.primitives, envelope);
  const others = envelope.signatures.filter(
    (one) => one.keyid !== signature.keyid && stillCounts(context, unsigned, one),
  );
  const signatures = sortSignatures([...others, signature]);
  const record = readRecord(context.primitives, { ...envelope, signatures });
  checkSignature(context, record, signature);
  return record;
}

/** Signing again what is recorded already is no error. */
async function refuseUnlessRecorded(context: ServerContext, digest: string): Promise<Ingested> {
  const row = await context.database.db
    .selectFrom('record')
    .select('digest')
    .where('digest', '=', digest)
    .executeTakeFirst();
  if (row !== undefined) return { digest, state: 'recorded' };
  throw new ServerError('record_unknown', `no record ${digest} awaits signatures here`, {
    details: { digest },
  });
}

function refused(record: SignedRecord, reason: string, field?: string): never {
  throw new ServerError('record_refused', `${record.statement.predicate.type} refused: ${reason}`, {
    details: { digest: record.digest, ...(field === undefined ? {} : { field }) },
  });
}
