// SPDX-License-Identifier: Apache-2.0

import { cp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  type ArtifactManifest,
  type CountedRecord,
  fromBase64,
  type RecordSet,
  recordsOfType,
  toBase64,
  utf8,
} from '@countersign/kernel';
import { startServer } from '@countersign/server';
import { asDatabaseOwner, copyFirm, type RunningCopy, startCopy } from '../copied-firm.ts';
import { DemoFailure } from '../demo-failure.ts';
import { forgedPromotion, insertAsOwner } from '../forged-firm.ts';
import { runAs, type Stage } from '../stage.ts';

/** Copies of the data directory: last night's, before production was approved, and today's. */
export interface Copies {
  readonly lastNight: string;
  readonly today: string;
}

/** What each attack starts from and what it changes. */
interface Attack {
  readonly what: string;
  readonly from: keyof Copies;
  readonly tamper: (copy: string) => Promise<void>;
  /** What the refusal must say: a refusal for another reason proves nothing. */
  readonly reason: RegExp;
  /** What else the copy says of the attack. */
  readonly also?: (copy: string) => Promise<readonly string[]>;
}

/** Tries each attack for real on a fresh copy. An attack that gets through stops the demo. */
export async function attacks(stage: Stage, copies: Copies, warrant: string): Promise<void> {
  const { say } = stage;
  const set = await stage.server.context.records.current();
  say.chapter('Attack it');
  say.tell(
    'Each attack is made on a copy of the data directory, with every right that its attacker would have.',
  );
  for (const attack of attackList(set, copies)) await tryAttack(stage, copies, attack);
  await copiedApproval(stage, set);
  await revoked(stage, copies, warrant);
}

function attackList(set: RecordSet, copies: Copies): readonly Attack[] {
  return [
    {
      what: 'One byte of the artefact changed on disk',
      from: 'today',
      tamper: (copy) => flipArtifact(copy, set),
      reason: /blob|digest|bytes/,
    },
    {
      what: 'The decision cutoff changed from 0.1667 to 0.9999 by SQL, as owner of the database',
      from: 'today',
      tamper: (copy) => changeCutoff(copy, set),
      reason: /digest|record|log/,
    },
    {
      what: 'A complete forged set (request, three approvals, warrant) written by SQL as owner of the database',
      from: 'lastNight',
      tamper: (copy) => forgeEverything(copy, set),
      reason: /no warrant lets `consumer-credit` answer/,
      also: whatDoesNotCount,
    },
    {
      what: 'Yesterday’s database put back under today’s log',
      from: 'today',
      tamper: (copy) => restoreDatabase(copy, copies.lastNight),
      reason: /older copy/,
    },
    {
      what: 'Yesterday’s whole data directory put back, log included, under a gateway that has seen today’s',
      from: 'lastNight',
      tamper: (copy) => rememberToday(copy, copies.today),
      reason: /rolled back|restored/,
    },
  ];
}

async function tryAttack(stage: Stage, copies: Copies, attack: Attack): Promise<void> {
  const copy = join(stage.dataDir, 'attack');
  stage.say.progress(attack.what);
  await copyFirm(copies[attack.from], copy);
  try {
    await attack.tamper(copy);
    const refusal = await refusalOf(() => startCopy(copy, { root: stage.root }));
    if (refusal === undefined)
      throw new DemoFailure(`${attack.what}: the model answered, and must not`);
    if (!attack.reason.test(refusal))
      throw new DemoFailure(`${attack.what}: refused for another reason: ${refusal}`);
    stage.say.refused(attack.what, [refusal, ...((await attack.also?.(copy)) ?? [])]);
  } finally {
    await rm(copy, { recursive: true, force: true });
  }
}

async function refusalOf(start: () => Promise<RunningCopy>): Promise<string | undefined> {
  try {
    const running = await start();
    await running.close();
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

async function flipArtifact(copy: string, set: RecordSet): Promise<void> {
  const artifact = recordsOfType(set, 'model-artifact').at(-1)?.statement.predicate.content
    .manifest;
  const { entry, files } = artifact as unknown as ArtifactManifest;
  const digest = files.find(({ path }) => path === entry)?.digest ?? '';
  const path = join(copy, 'blobs', 'sha256', digest.slice(0, 2), digest);
  const bytes = await readFile(path);
  bytes[bytes.length >> 1] = (bytes[bytes.length >> 1] ?? 0) ^ 1;
  await rm(path);
  await writeFile(path, bytes);
}

async function changeCutoff(copy: string, set: RecordSet): Promise<void> {
  const spec = recordsOfType(set, 'model-spec').at(-1);
  if (spec === undefined) throw new DemoFailure('no specification is recorded');
  const text = new TextDecoder().decode(fromBase64(spec.envelope.payload));
  const changed = text.replace('"cutoff":"0.1667"', '"cutoff":"0.9999"');
  if (changed === text) throw new DemoFailure('the specification holds no cutoff 0.1667');
  await asDatabaseOwner(copy, async (sql) => {
    await sql.query('UPDATE record SET payload = $1 WHERE digest = $2', [
      Buffer.from(utf8(changed)),
      spec.digest,
    ]);
  });
}

async function forgeEverything(copy: string, set: RecordSet): Promise<void> {
  const staging = recordsOfType(set, 'change-record').findLast(
    ({ statement }) => statement.predicate.content.transition === 'staging',
  );
  if (staging === undefined) throw new DemoFailure('no change request to staging is recorded');
  const envelopes = await forgedPromotion(set, staging);
  await asDatabaseOwner(copy, (sql) => insertAsOwner(sql, envelopes));
}

/** The forged records are in the log now, for everybody to see, and count for nothing. */
async function whatDoesNotCount(copy: string): Promise<readonly string[]> {
  const server = await startServer({ dataDir: copy, port: 0 });
  try {
    const { rejected } = await server.context.records.current();
    return rejected.map(
      ({ digest, reason }) =>
        `record ${digest.slice(0, 12)} is in the log and does not count: ${reason}`,
    );
  } finally {
    await server.close();
  }
}

async function restoreDatabase(copy: string, lastNight: string): Promise<void> {
  const scratch = `${copy}-database`;
  await copyFirm(lastNight, scratch);
  await rm(join(copy, 'postgres'), { recursive: true });
  await rename(join(scratch, 'postgres'), join(copy, 'postgres'));
  await rm(scratch, { recursive: true, force: true });
}

async function rememberToday(copy: string, today: string): Promise<void> {
  await rm(join(copy, 'gateway'), { recursive: true, force: true });
  await cp(join(today, 'gateway'), join(copy, 'gateway'), { recursive: true });
}

/** The validator's approval of the staging request, presented for the production request under its old signature. */
async function copiedApproval(stage: Stage, set: RecordSet): Promise<void> {
  const approval = recordsOfType(set, 'approval-record')[0];
  const production = recordsOfType(set, 'change-record').findLast(
    ({ statement }) => statement.predicate.content.transition === 'production',
  );
  if (approval === undefined || production === undefined)
    throw new DemoFailure('there is no approval to copy');
  const text = new TextDecoder().decode(fromBase64(approval.envelope.payload));
  const moved = text.replaceAll(requestOf(approval), production.digest);
  const envelope = { ...approval.envelope, payload: toBase64(utf8(moved)) };
  const token = (await readFile(join(stage.dataDir, 'people/vera.validator/token'), 'utf8')).trim();
  const response = await fetch(`${stage.server.url}/v1/records`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify({ envelopes: [envelope] }),
  });
  const answer = (await response.json()) as {
    readonly error?: { readonly code: string; readonly message: string };
  };
  if (response.ok || answer.error === undefined)
    throw new DemoFailure('a copied approval was accepted');
  stage.say.refused('An approval copied from one change request to another, with its signature', [
    `${answer.error.code}: ${answer.error.message}`,
  ]);
}

function requestOf(approval: CountedRecord): string {
  return String(approval.statement.predicate.content.changeRequest);
}

/** Revokes on a copy while its gateway answers, and measures how long it goes on answering. */
async function revoked(stage: Stage, copies: Copies, warrant: string): Promise<void> {
  const copy = join(stage.dataDir, 'attack');
  await copyFirm(copies.today, copy);
  try {
    const running = await startCopy(copy, { root: stage.root });
    try {
      const argv = ['revoke', warrant, '--reason', 'the red team asks for it'];
      const ran = await runAs(stage, {
        account: 'mia.risk',
        argv,
        dataDir: copy,
        cwd: stage.repository,
        say: stage.say,
        server: running.server.url,
      });
      if (!ran.ok) throw new DemoFailure(ran.errors.join('; '));
      const seconds = await secondsUntilRefused(running);
      stage.say.tell(
        `On a copy, model risk revoked the warrant while the gateway was answering: it stopped after ${seconds.toFixed(1)} s.`,
      );
    } finally {
      await running.close();
    }
    await usedAgain(stage, copy);
  } finally {
    await rm(copy, { recursive: true, force: true });
  }
}

/** A gateway that starts afresh, and a deployment pipeline that asks for the warrant, which names what ended it. */
async function usedAgain(stage: Stage, copy: string): Promise<void> {
  const refusal = await refusalOf(() => startCopy(copy, { root: stage.root }));
  if (refusal === undefined) throw new DemoFailure('a revoked warrant let a gateway start');
  const server = await startServer({ dataDir: copy, port: 0 });
  try {
    const argv = ['gate', 'consumer-credit@1', '--stage', 'production', '--demonstration'];
    const at = {
      account: 'olaf.operator',
      argv,
      dataDir: copy,
      cwd: stage.repository,
      say: stage.say,
    };
    const gate = await runAs(stage, { ...at, server: server.url });
    if (gate.ok) throw new DemoFailure('`countersign gate` let a revoked warrant pass');
    stage.say.refused('The revoked warrant used again', [refusal, ...gate.lines]);
  } finally {
    await server.close();
  }
}

const REVOCATION_BITES_WITHIN_S = 5;

async function secondsUntilRefused({ gateway }: RunningCopy): Promise<number> {
  const started = performance.now();
  for (;;) {
    const seconds = (performance.now() - started) / 1000;
    if (gateway.deployments.forModel('consumer-credit') instanceof Error) return seconds;
    if (seconds > REVOCATION_BITES_WITHIN_S)
      throw new DemoFailure('the gateway still answers after five seconds');
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
