// SPDX-License-Identifier: Apache-2.0
import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { answerRow, DecisionLog, openServedModel, sealDecision } from '@countersign/gateway';
import { type ArtifactManifest, canonicalBytes, type ModelSpecContent } from '@countersign/kernel';
import { hostToolEnvironment } from '@countersign/pipeline';
import { openSigner } from '../src/identity/key-file.ts';
import { readServiceKey } from '../src/identity/service-keys.ts';
import { MODEL, USE } from './model-life.ts';
import type { TestServer } from './server-fixture.ts';

export interface ServedRow {
  readonly burden: number;
  readonly years: number;
  readonly region: string;
}

/** Answers rows as the gateway does, with its own code and key, at chosen times; ids of the decisions in order. */
export async function serveStream(
  server: TestServer,
  rows: readonly ServedRow[],
  at: { readonly from: string; readonly version?: number },
): Promise<readonly string[]> {
  const { context, dataDir } = server;
  const set = await context.records.current();
  const spec = set.records.findLast(({ statement }) => statement.predicate.type === 'model-spec');
  const artifact = set.records.findLast(
    ({ statement }) => statement.predicate.type === 'model-artifact',
  );
  if (spec === undefined || artifact === undefined) throw new Error('no version to serve');
  const manifest = artifact.statement.predicate.content.manifest as unknown as {
    files: readonly { path: string; digest: string }[];
  };
  const bytesOf = (path: string) =>
    context.blobs.get(manifest.files.find((file) => file.path === path)?.digest ?? '');
  const model = await openServedModel(
    spec.statement.predicate.content as unknown as ModelSpecContent,
    { manifest: manifest as unknown as ArtifactManifest, read: bytesOf },
    { workDir: dataDir, cacheDir: dataDir, hostEnvironment: hostToolEnvironment(process.env) },
  );
  const log = await DecisionLog.open({
    pool: context.database.pool,
    primitives: context.primitives,
    identity: {
      workspace: 'main',
      root: context.root,
      gateway: 'first',
      signer: openSigner(await readServiceKey(dataDir, 'gateway')),
    },
    now: context.now,
  });
  const ids: string[] = [];
  const receipts: Promise<unknown>[] = [];
  for (const [index, { region, ...inputs }] of rows.entries()) {
    const id = randomUUID();
    const answer = await answerRow(model, inputs);
    const decision = sealDecision(
      context.primitives,
      {
        v: 1,
        id,
        kind: 'answer',
        workspace: 'main',
        gateway: 'first',
        model: MODEL,
        use: USE,
        version: at.version ?? 1,
        stage: 'production',
        caller: 'clerk',
        received: new Date(Date.parse(at.from) + index * 1000).toISOString(),
        bodyDigest: createHash('sha256').update(id).digest('hex'),
      },
      {
        parts: {
          inputs: answer.inputBytes,
          output: answer.outputBytes,
          reasons: canonicalBytes(answer.reasons as never),
          protected: canonicalBytes({ region }),
        },
        salts: () => new Uint8Array(randomBytes(16)),
      },
    );
    ids.push(id);
    receipts.push(log.append(decision));
  }
  await Promise.all(receipts);
  await log.close();
  await model.scorer.close();
  return ids;
}
