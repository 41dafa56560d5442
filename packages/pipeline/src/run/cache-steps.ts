// SPDX-License-Identifier: Apache-2.0
import { createHash, randomUUID } from 'node:crypto';
import { mkdir, readFile, rename, utimes, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { canonicalBytes, type Json, parseStrictJson } from '@countersign/kernel';
import type { BlobRef, BlobStore } from '../blobs/blob-store.ts';
import type { CheckoutFile } from './checkout-files.ts';
import type { DeclaredEvidence, StepRecord } from './result.ts';
import { type StepComponents, stepKey } from './step-key.ts';

/** A step as it was really executed once, and everything that its result depended on. */
export interface CachedStep {
  readonly key: string;
  readonly components: StepComponents;
  readonly record: StepRecord;
  readonly evidence: readonly DeclaredEvidence[];
  /** The files of the commit that it was shown, unless they are many. */
  readonly files?: readonly CheckoutFile[];
  /** The run and commit that executed it, and when it ended. */
  readonly executed: { readonly run: string; readonly commit: string; readonly at: string };
}

/**
 * Results of steps by their key, and what each step of each model was the last time. Untrusted as far as damage goes: an
 * entry that does not add up, or whose bytes are gone or changed, is a miss. Who can write to the directory can
 * put a result under a key: it belongs to the account that runs steps, and a rebuild never reads it.
 */
export interface StepCache {
  /** Counts as a use. */
  find(key: string): Promise<CachedStep | undefined>;
  /** As `find`, of which nobody takes note. */
  peek(key: string): Promise<CachedStep | undefined>;
  /** A second result under one key takes the place of the first. */
  keep(step: CachedStep): Promise<void>;
  /** What the step was made of when it last succeeded or was taken from here. */
  last(place: StepPlace): Promise<CachedStep | undefined>;
  remember(place: StepPlace, key: string): Promise<void>;
  /** Where outputs, logs and evidence lie. */
  readonly blobs: BlobStore;
}

/** A step of a model, as executed by the platform or in drafts. */
export interface StepPlace {
  readonly model: string;
  readonly maker: StepComponents['maker'];
  readonly step: string;
}

const ENTRY_BYTES_MAX = 64 * 1024 * 1024;

/** @param directory made at the first entry; drafts and platform runs share it, their keys differ */
export function openStepCache(directory: string, blobs: BlobStore): StepCache {
  const placeOf = (key: string) => join(directory, 'results', key.slice(0, 2), `${key}.json`);
  const peek = (key: string) => readEntry(placeOf(key), key);
  return {
    blobs,
    peek,
    async find(key) {
      const found = await peek(key);
      const now = new Date();
      if (found !== undefined) await utimes(placeOf(key), now, now).catch(() => {}); // swept just now
      return found;
    },
    async keep(step) {
      await writeWhole(placeOf(step.key), encodeEntry(step));
    },
    async last(place) {
      const named = await readFile(lastPath(directory, place), 'utf8').catch(() => ''); // never run
      return /^[0-9a-f]{64}$/.test(named) ? peek(named) : undefined;
    },
    remember: (place, key) => writeWhole(lastPath(directory, place), key),
  };
}

function lastPath(directory: string, { model, maker, step }: StepPlace): string {
  const name = createHash('sha256')
    .update(JSON.stringify([model, maker, step]))
    .digest('hex');
  return join(directory, 'last', name.slice(0, 2), name);
}

/** The entry with its own digest before it, so that damage is found before it is read as JSON. */
function encodeEntry(step: CachedStep): Uint8Array {
  const body = canonicalBytes(step as unknown as Json); // readonly members of JSON values
  return Buffer.concat([Buffer.from(`${sha256(body)}\n`), body]);
}

async function readEntry(path: string, key: string): Promise<CachedStep | undefined> {
  const bytes = await readFile(path).catch(() => undefined); // never executed
  if (bytes === undefined || bytes.length > ENTRY_BYTES_MAX) return undefined;
  const end = bytes.indexOf(0x0a);
  const body = bytes.subarray(end + 1);
  if (bytes.toString('latin1', 0, Math.max(end, 0)) !== sha256(body)) return undefined;
  try {
    // Whole, so what `encodeEntry` of this recipe wrote; another recipe's would lie under another key.
    const step = parseStrictJson(body, { maxBytes: ENTRY_BYTES_MAX }) as unknown as CachedStep;
    if (step.key !== key || stepKey(step.components) !== key) return undefined;
    blobsOfEntry(step);
    return step;
  } catch {
    return undefined; // somebody wrote it by hand: a cache ends no run
  }
}

/** Every blob that an entry cannot do without. */
export function blobsOfEntry({
  record,
  evidence,
}: Pick<CachedStep, 'record' | 'evidence'>): readonly BlobRef[] {
  const params = record.inputs.filter(({ from }) => 'params' in from);
  return [record.log, ...record.outputs, ...evidence, ...params];
}

/** Whole or not at all, also for a process that is killed in the midst of it. */
export async function writeWhole(path: string, bytes: Uint8Array | string): Promise<void> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  const partial = `${path}.${randomUUID()}.partial`;
  await writeFile(partial, bytes, { mode: 0o600, flush: true });
  await rename(partial, path);
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
