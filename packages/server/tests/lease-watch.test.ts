// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { recordsOfType } from '@countersign/kernel';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createLeaseWatch, watchLeases } from '../src/checks/lease-watch.ts';
import { recorder } from './recorder.ts';
import { type TestServer, testServer } from './server-fixture.ts';

let server: TestServer;
let lake: string;
const files = ['part-0.parquet', 'part-1.parquet'];
const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');
const subjectRef = { model: 'loans', use: 'underwriting', version: 1, artifactDigest: sha256('m') };

beforeAll(async () => {
  server = await testServer();
  lake = await mkdtemp(join(tmpdir(), 'countersign-lake-'));
  for (const name of files) await writeFile(join(lake, name), name);
  const listing = await server.context.blobs.put(
    Buffer.from(
      JSON.stringify({
        v: 1,
        kind: 'delta',
        table: lake,
        version: 4,
        committedAt: null,
        tableId: 't',
        schema: [],
        partitionColumns: [],
        properties: {},
        protocol: {},
        order: 'files by path',
        rowsOfVersion: 2,
        rows: 2,
        columns: [],
        files: files.map((name) => ({
          path: name,
          uri: join(lake, name),
          role: 'data',
          rows: null,
          size: name.length,
          sha256: sha256(name),
        })),
      }),
    ),
  );
  const { platform } = recorder(server);
  const measured = { producer: 'pipeline', basis: 'measured', source: [] } as const;
  const manifest = { v: 1, scorer: 'onnx', entry: 'm', files: [] };
  await platform({
    ...measured,
    type: 'model-artifact',
    scope: 'version',
    subjectRef,
    content: { manifest },
  });
  const origin = {
    delta: lake,
    version: 4,
    mode: 'referenced',
    lease: { until: '2030-12-31', agreed: 'data office' },
    listing,
    region: null,
    endpoint: null,
  };
  await platform({
    ...measured,
    type: 'dataset-snapshot',
    scope: 'dataset',
    subjectRef: { ...subjectRef, dataset: 'loans' },
    content: { source: { origin } },
  });
});
afterAll(async () => {
  await server?.close();
  await rm(lake, { recursive: true, force: true });
});

const findings = async () => recordsOfType(await server.context.records.current(), 'finding');

test('a leased table that has every file is no finding', async () => {
  expect(await watchLeases(server.context)).toMatchObject([{ state: 'kept', files: 2 }]);
  expect(await findings()).toEqual([]);
});

test('a vacuumed file is a finding of the version that rests on it, once', async () => {
  await rm(join(lake, 'part-1.parquet'));
  expect(await watchLeases(server.context)).toMatchObject([{ state: 'broken' }]);
  await watchLeases(server.context);
  const opened = await findings();
  expect(opened).toHaveLength(1);
  expect(opened[0]?.statement.predicate).toMatchObject({
    subjectRef: { model: 'loans', use: 'underwriting' },
    content: {
      title: 'Data of version 1: the leased table of `loans` is not whole',
      severity: 'high',
      source: 'monitoring',
      description: expect.stringContaining('part-1.parquet'),
    },
  });
});

test('tables are looked at once a night, and not by day', async () => {
  const asked: string[] = [];
  const at = (time: string) => ({
    ...server.context,
    now: () => time,
    records: {
      ...server.context.records,
      current: () => {
        asked.push(time);
        return server.context.records.current();
      },
    },
  });
  const look = createLeaseWatch();
  await look(at('2026-12-01T12:00:00.000Z'), {});
  await look(at('2026-12-02T02:00:00.000Z'), {});
  await look(at('2026-12-02T03:00:00.000Z'), {});
  await look(at('2026-12-03T01:30:00.000Z'), {});
  expect(new Set(asked)).toEqual(new Set(['2026-12-02T02:00:00.000Z', '2026-12-03T01:30:00.000Z']));
});
