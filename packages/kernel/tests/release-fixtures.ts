// SPDX-License-Identifier: Apache-2.0
// Writes the bundle and the verdicts of a release: `node packages/kernel/tests/release-fixtures.ts 0.1`. A folder that
// exists is never written again: what a release said is what every later one must say.
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import {
  asOfIndex,
  canonicalJson,
  type Json,
  judgeChangeRequest,
  keyEntryJson,
  keyStanding,
  type Primitives,
  publicKeyOf,
  type RecordSet,
  readProofBundle,
  verifyBundle,
  verifyWarrant,
} from '@countersign/kernel';
import { nodePrimitives } from '@countersign/kernel/node';
import { approve, produce, submit, warrant } from './credit-model.ts';
import { type Firm, foundFirm, newHolder, signPredicate } from './firm.ts';

export const RELEASES = join(import.meta.dirname, 'fixtures/releases');

export interface ReleaseFixture {
  readonly root: string;
  readonly bundle: Json;
  readonly requests: readonly string[];
  readonly warrants: readonly string[];
  /** UTC times that questions are asked at, beside each record's own. */
  readonly times: readonly string[];
}

/** Everything that a kernel says about a bundle: which records count, how keys stand, what gates and warrants say. */
export function verdictsOf(p: Primitives, fixture: ReleaseFixture): string {
  const read = verifyBundle(p, readProofBundle(fixture.bundle), fixture.root);
  if (!read.ok) return canonicalJson({ refused: read.reason });
  const { set } = read;
  const answers = set.records.map(({ index, loggedAt }) =>
    at(asOfIndex(set, index), loggedAt, fixture),
  );
  const later = fixture.times.map((time) => at(set, time, fixture));
  const rejected = set.rejected.map(({ digest }) => digest);
  const verdicts = { rejected, counted: set.records.length, answers, later };
  return canonicalJson(verdicts as unknown as Json); // interfaces of readonly members are JSON
}

/** Codes, outcomes and digests; the sentences that say them may improve. */
function at(set: RecordSet, now: string, { requests, warrants }: ReleaseFixture) {
  return {
    now,
    keys: [...set.register].map(([keyid, key]) => [keyid.slice(0, 12), keyStanding(key, now)]),
    gates: requests.map((request) => {
      const verdict = judgeChangeRequest(set, request, { phase: 'promote', now });
      return {
        allowed: verdict.allowed,
        conditions: verdict.conditions.map(({ id, outcome }) => `${id}: ${outcome}`),
        approvals: verdict.approvals.map(({ role, given, refused }) => ({
          role,
          given: given.map(({ record }) => record),
          refused: refused.map(({ record }) => record),
        })),
      };
    }),
    warrants: warrants.map((warrant) =>
      (['staging', 'production'] as const).map((environment) => {
        const check = verifyWarrant(set, { warrant, environment, now, production: false });
        return check.ok ? 'holds' : check.denials.map(({ code }) => code);
      }),
    ),
  };
}

const DAY_MS = 86_400_000;

/** A model's life with what can happen to it, honest and not: one record of each kind that changes a verdict. */
async function lifeOf(firm: Firm): Promise<ReleaseFixture> {
  const { candidate, request, production } = await produce(firm);
  const { ref } = candidate;
  const stop = (kind: string, by: 'mia' | 'eve') =>
    firm.add(
      {
        type: 'deployment-record',
        kind,
        subjectRef: ref,
        content: { warrant: production, environment: 'production', reason: 'drift' },
      },
      by,
    );
  const again = await submit(firm, candidate, 'production');
  await approve(firm, candidate, again, { by: 'dana', role: 'legal', gate: 'gate/approval' });
  await approve(firm, candidate, again, { by: 'lena', role: 'legal', gate: 'gate/approval' });
  await approve(firm, candidate, request, {
    by: 'vic',
    role: 'validator',
    gate: 'gate/validation',
  });
  const minted = await warrant(firm, candidate, again, { environment: 'production' });
  const suspension = await stop('suspend', 'mia');
  const finding = await firm.add(
    {
      type: 'finding',
      scope: 'use',
      subjectRef: ref,
      content: { id: 'F-1', severity: 'high', status: 'closed', blocking: false },
    },
    'vera',
  );
  const resume = { warrant: production, environment: 'production', reason: 'mended' };
  for (const signers of [['omar'], ['omar', 'vera']] as const) {
    await firm.add(
      {
        type: 'deployment-record',
        kind: 'resume',
        subjectRef: ref,
        content: { ...resume, suspension, finding },
      },
      ...signers,
    );
  }
  await firm.add({ type: 'performance-test', subjectRef: ref, content: {} }, 'dana');
  await enrolOne(firm);
  await firm.add(
    {
      type: 'key-change',
      kind: 'suspend',
      scope: 'firm',
      content: { keyid: firm.people.lena.signer.keyid, reason: 'lost' },
    },
    'ada',
  );
  await stop('revoke', 'eve');
  const end = Date.parse(firm.now());
  return {
    root: firm.root,
    bundle: (await firm.bundle()) as unknown as Json, // interfaces of readonly members are JSON
    requests: [request, again],
    warrants: [production, minted],
    times: [0, 30, 400].map((days) => new Date(end + days * DAY_MS).toISOString()),
  };
}

async function enrolOne(firm: Firm): Promise<void> {
  const nora = newHolder({ kind: 'person', account: 'nora', roles: ['validator'], team: 'risk' });
  const { ada, alan, vera } = firm.people;
  const key = publicKeyOf(nodePrimitives, nora.signer.algorithm, nora.spki);
  const envelope = await signPredicate(
    {
      type: 'key-enrolment',
      scope: 'firm',
      subjectRef: { workspace: 'main' },
      producer: 'human',
      actor: 'ada',
      claimedAt: firm.now(),
      source: [],
      founding: firm.root,
      content: { key: keyEntryJson({ key, holder: nora.holder }), proofing: 'passport seen' },
    },
    [ada, alan, vera, nora].map(({ signer }) => signer),
  );
  firm.log(envelope);
}

async function write(release: string): Promise<void> {
  const folder = join(RELEASES, release);
  if (existsSync(folder)) throw new Error(`\`${folder}\` exists: a release is written once`);
  mkdirSync(folder, { recursive: true });
  const fixture = await lifeOf(await foundFirm());
  writeFileSync(join(folder, 'fixture.json'), `${JSON.stringify(fixture)}\n`);
  writeFileSync(join(folder, 'verdicts.json'), `${verdictsOf(nodePrimitives, fixture)}\n`);
}

if (import.meta.main) await write(process.argv[2] ?? '');
