// SPDX-License-Identifier: Apache-2.0
import { setTimeout as sleep } from 'node:timers/promises';
import { largeFirm } from '../../server/tests/large-firm.ts';
import { recorder } from '../../server/tests/recorder.ts';
import type { TestServer } from '../../server/tests/server-fixture.ts';

export interface SeededRegisters {
  readonly model: string;
  /** An open change request. */
  readonly open: string;
  /** A moment at which a warrant lived that a later record ended from before it. */
  readonly day: string;
  /** Of that warrant. */
  readonly ended: string;
}

const firm = { scope: 'firm' as const, subjectRef: { workspace: 'main' } };

/** A firm with something in every register, and one warrant that is told otherwise now than it was. */
export async function seedRegisters(
  server: TestServer,
  size: { readonly models: number; readonly changeRequests: number },
): Promise<SeededRegisters> {
  const { model, open } = await largeFirm(server, { ...size, evidence: 12 });
  const { person } = recorder(server);
  await standingBodies(person);
  await envelopesAndExceptions(person, model);
  const campaign = await person(
    {
      ...firm,
      type: 'periodic-review',
      kind: 'attestation-campaign',
      actor: 'risk',
      content: {
        campaign: '2026-h2',
        title: 'Half-year attestation',
        due: inDays(20).slice(0, 10),
      },
    },
    ['risk'],
  );
  const set = await server.context.records.current();
  const entry = set.records.find(
    ({ statement: { predicate } }) =>
      predicate.type === 'inventory-entry' && predicate.content.owner === 'owner',
  );
  const subjectRef = {
    workspace: 'main',
    model: entry?.statement.predicate.subjectRef.model ?? '',
  };
  await person(
    {
      type: 'periodic-review',
      kind: 'attestation',
      actor: 'owner',
      scope: 'model',
      subjectRef,
      content: { campaign, entry: entry?.digest, answer: 'confirmed', note: 'as it is used' },
    },
    ['owner'],
  );
  return { model, open, ...(await endedFromBefore(server, person)) };
}

type Person = ReturnType<typeof recorder>['person'];

async function standingBodies(person: Person): Promise<void> {
  const document = (kind: string, title: string, content: object) =>
    person(
      {
        ...firm,
        type: 'policy-document',
        kind,
        actor: 'risk',
        content: { title, version: '1', textDigest: '0'.repeat(64), ...content },
      },
      ['risk', 'ada'],
    );
  await document('committee', 'Charter of the model risk committee', {
    committee: {
      id: 'model-risk-committee',
      version: '1',
      title: 'Charter of the model risk committee',
      name: 'model-risk-committee',
      members: ['exec', 'risk', 'legal'],
      chair: 'exec',
      quorum: 2,
    },
  });
  await document('deputies', 'Deputies', {
    deputies: {
      id: 'deputies',
      version: '1',
      title: 'Deputies',
      deputations: [
        { deputy: 'val', for: 'legal', role: 'legal', from: inDays(-1), until: inDays(20) },
        { deputy: 'ops', for: 'exec', role: 'executive', from: inDays(5), until: inDays(12) },
      ],
    },
  });
}

async function envelopesAndExceptions(person: Person, model: string): Promise<void> {
  const use = { workspace: 'main', model, use: 'provisioning' };
  await person(
    {
      type: 'change-plan',
      kind: 'envelope',
      actor: 'risk',
      scope: 'use',
      subjectRef: use,
      content: {
        title: 'Monthly refit',
        rationale: 'new rows every month, nothing else',
        version: 1,
        may: ['data', 'artifact'],
        metrics: [{ metric: 'auc', op: '>=', value: '0.7' }],
        shifts: { swapSet: '0.02' },
        uses: 3,
        expires: inDays(90),
      },
    },
    ['risk', 'legal'],
  );
}

/** Revoked today with effect from a moment at which everybody took it for valid. */
async function endedFromBefore(server: TestServer, person: Person) {
  const set = await server.context.records.current();
  const now = server.context.now();
  const warrant = set.records.findLast(({ statement: { predicate } }) => {
    const { expires } = predicate.content;
    return predicate.type === 'deployment-record' && typeof expires === 'string' && expires > now;
  });
  if (warrant === undefined) throw new Error('no warrant lives in the seeded firm');
  const day = now;
  await sleep(20);
  const { subjectRef } = warrant.statement.predicate;
  await person(
    {
      type: 'deployment-record',
      kind: 'revoke',
      actor: 'risk',
      scope: 'version',
      subjectRef,
      effectiveAt: new Date(Date.parse(now) - 1).toISOString(),
      content: { warrant: warrant.digest, environment: 'production', reason: 'drift since Monday' },
    },
    ['risk'],
  );
  return { day, ended: warrant.digest };
}

function inDays(days: number): string {
  return new Date(Date.now() + days * 86_400_000).toISOString();
}
