// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto';
import { MODEL_BYTES, REASONS_BYTES, SPEC } from '../packages/gateway/tests/fixture-server.ts';
import {
  approve,
  type BuildOptions,
  build,
  type Candidate,
  type Recorder,
  report,
  submit,
  validate,
} from '../packages/kernel/tests/credit-model.ts';
import type { Draft } from '../packages/kernel/tests/firm.ts';
import { recordByPlatform } from '../packages/server/src/records/index.ts';
import {
  printedName,
  type TestDraft,
  type TestServer,
} from '../packages/server/tests/server-fixture.ts';

import type { FirmApi } from './firm-api.ts';

/** A version in production, and what its promotion rested on. */
export interface LiveVersion {
  readonly candidate: Candidate;
  /** Change requests that led to the two warrants. */
  readonly stagingRequest: string;
  readonly productionRequest: string;
  readonly staging: string;
  readonly production: string;
  /** Digests of the approvals, by who gave them. */
  readonly approvals: { readonly vera: string; readonly lena: string; readonly eve: string };
}

export const digestOf = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

/** The bytes that a gateway can run; each version's manifest differs by its notes. */
export function artefact(version: number): BuildOptions {
  const notes = new TextEncoder().encode(`version ${version}`);
  const file = (path: string, bytes: Uint8Array) => ({
    path,
    digest: digestOf(bytes),
    size: bytes.length,
  });
  const files = [file('model.onnx', MODEL_BYTES), file('reasons.json', REASONS_BYTES)];
  const more = version === 1 ? [] : [file('NOTES', notes)];
  return { version, files: [...files, ...more], spec: SPEC };
}

export async function addRecord(
  server: TestServer,
  draft: Draft,
  ...names: readonly string[]
): Promise<string> {
  const { subject, subjectRef = { workspace: 'main' }, scope = 'version', source = [] } = draft;
  if (names[0] === 'platform') {
    const { producer = 'platform', subject: _subject, ...rest } = draft;
    const record = await server.context.database.db
      .transaction()
      .execute((tx) =>
        recordByPlatform(server.context, tx, { ...rest, subjectRef, scope, source, producer }),
      );
    await server.context.records.including([record.digest]);
    return record.digest;
  }
  const actor = names[0] ?? '';
  const { subject: _subject, ...rest } = draft;
  const isApproval = draft.type === 'approval-record';
  const content = isApproval
    ? { ...draft.content, printedName: printedName(actor) }
    : draft.content;
  const digest = subject?.[0]?.digest.sha256;
  const made: TestDraft = {
    ...rest,
    actor,
    scope,
    source,
    subjectRef,
    content,
    ...(digest === undefined ? {} : { subjectDigest: digest }),
  };
  const envelope = await server.sign(made, names);
  const payload = { envelopes: [envelope] };
  const reply = await server.as(actor, { method: 'POST', url: '/v1/records', payload });
  const [recorded] = reply.json().records ?? [];
  if (recorded?.state !== 'recorded') throw new Error(`${draft.type}: ${reply.body}`);
  await server.context.records.including([recorded.digest]);
  return recorded.digest;
}

export async function produceOver(
  api: FirmApi,
  recorder: Recorder,
  signed: { readonly policy: string; readonly pack: string },
): Promise<LiveVersion> {
  const candidate = await build(recorder, signed, artefact(1));
  const stagingRequest = await submit(recorder, candidate, 'staging');
  await validate(recorder, candidate);
  const as = { gate: 'gate/validation', role: 'validator' };
  const vera = await approve(recorder, candidate, stagingRequest, { by: 'vera', ...as });
  const staging = await minted(api, stagingRequest);
  await recorder.add(
    {
      type: 'implementation-test',
      subjectRef: candidate.ref,
      content: report([{ metric: 'flipped-decisions', value: '0', verdict: 'pass' }]),
    },
    'platform',
  );
  const productionRequest = await submit(recorder, candidate, 'production');
  const gate = 'gate/approval';
  const lena = await approve(recorder, candidate, productionRequest, {
    by: 'lena',
    role: 'legal',
    gate,
  });
  const eve = await approve(recorder, candidate, productionRequest, {
    by: 'eve',
    role: 'executive',
    gate,
  });
  const production = await minted(api, productionRequest);
  const approvals = { vera, lena, eve };
  return { candidate, stagingRequest, productionRequest, staging, production, approvals };
}

async function minted(api: FirmApi, change: string): Promise<string> {
  const { status, body } = await api.promote('omar', change);
  if (status !== 200) throw new Error(JSON.stringify(body));
  return String(body.digest);
}
