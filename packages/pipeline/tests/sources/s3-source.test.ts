// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PutBucketPolicyCommand } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { openFileBlobStore } from '../../src/blobs/blob-store.ts';
import type { ExtractRequest } from '../../src/extract/extracted.ts';
import { fetchObject, pinObject } from '../../src/extract/fetch-object.ts';
import { openS3 } from '../../src/extract/s3-client.ts';
import type { S3Facts } from '../../src/extract/snapshot-origin.ts';
import { openDatabase } from '../../src/snapshot/open-database.ts';
import { startCuttingServer } from './cutting-server.ts';
import { extract, snapshot } from './extract-for-test.ts';
import { startS3, type TestS3 } from './s3-server.ts';

let root: string;
let s3: TestS3;

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 's3-source-'));
  s3 = await startS3();
  await s3.bucket('plain');
  await s3.bucket('versioned', { versioned: true });
}, 300_000);
afterAll(async () => {
  await s3?.stop();
  await rm(root, { recursive: true, force: true });
});

const CSV = 'id,amount\n1,10\n2,20\n';

function from(address: string, more: object = {}) {
  return { s3: address, endpoint: s3.endpoint, ...more };
}
function read(address: string, more: object = {}, request: Partial<ExtractRequest> = {}) {
  return extract(root, from(address, more), { environment: s3.environment, ...request });
}
async function refusal(work: Promise<unknown>): Promise<{ code?: string; message: string }> {
  return work.then(
    () => ({ message: 'nothing was refused' }),
    (error) => error,
  );
}

test('an object comes byte for byte, with what the store says of it', async () => {
  await s3.put('plain', 'loans/2026.csv', CSV);
  const extracted = await read('s3://plain/loans/2026.csv');
  expect(await readFile(extracted.path, 'utf8')).toBe(CSV);
  const md5 = createHash('md5').update(CSV).digest('hex');
  expect(extracted.origin).toMatchObject({
    s3: 's3://plain/loans/2026.csv',
    etag: `"${md5}"`,
    version: null,
    parts: [],
    endpoint: s3.endpoint,
  });
  const taken = await snapshot(root, from('s3://plain/loans/2026.csv'), extracted);
  expect(taken.content.digest).toBe(createHash('sha256').update(CSV).digest('hex'));
  expect(taken.rows).toBe(2);
});

test('the current version of a versioned bucket is pinned, and an older one can be asked for', async () => {
  const first = await s3.put('versioned', 'loans.csv', CSV);
  const second = await s3.put('versioned', 'loans.csv', `${CSV}3,30\n`);
  const now = await read('s3://versioned/loans.csv');
  expect(now.origin).toMatchObject({ version: second });
  const then = await read('s3://versioned/loans.csv', { version: first });
  expect(then.origin).toMatchObject({ version: first });
  expect(await readFile(then.path, 'utf8')).toBe(CSV);
});

test('an object that is replaced between HEAD and GET is refused', async () => {
  await s3.put('plain', 'moving.csv', CSV);
  const opened = await openS3({ endpoint: s3.endpoint, environment: s3.environment });
  const watch = { report: () => {} };
  const pinned = await pinObject(opened, { bucket: 'plain', key: 'moving.csv' }, watch);
  await s3.put('plain', 'moving.csv', CSV.replace('10', '11'));
  const path = join(root, 'moving.csv');
  const refused = await refusal(fetchObject(opened, pinned, { path, watch }));
  expect(refused).toMatchObject({ code: 'source_changed' });
  expect(refused.message).toContain('`s3://plain/moving.csv`');
});

test('of a versioned bucket the pinned version still comes when another was put meanwhile', async () => {
  await s3.put('versioned', 'moving.csv', CSV);
  const opened = await openS3({ endpoint: s3.endpoint, environment: s3.environment });
  const watch = { report: () => {} };
  const pinned = await pinObject(opened, { bucket: 'versioned', key: 'moving.csv' }, watch);
  await s3.put('versioned', 'moving.csv', 'id,amount\n9,9\n');
  const path = join(root, 'pinned.csv');
  expect(await fetchObject(opened, pinned, { path, watch })).toEqual({ version: pinned.version });
  expect(await readFile(path, 'utf8')).toBe(CSV);
});

test('a transfer that breaks off is taken up where it broke, and given up after five', async () => {
  const body = `id,amount\n${Array.from({ length: 200_000 }, (_, i) => `${i},${i * 7}`).join('\n')}\n`;
  await s3.put('plain', 'long.csv', body);
  const cut = await startCuttingServer(s3.endpoint, { bytes: 1_000_000 });
  try {
    const extracted = await read('s3://plain/long.csv', { endpoint: cut.endpoint });
    expect(await readFile(extracted.path, 'utf8')).toBe(body);
    // Bytes that were on their way when the connection broke are asked for again.
    expect(cut.ranges()[0]).toMatch(/^bytes=[1-9]\d*-$/);
    cut.cutAt(100);
    const refused = await refusal(read('s3://plain/long.csv', { endpoint: cut.endpoint }));
    expect(refused).toMatchObject({ code: 'source_unreachable' });
    expect(refused.message).toMatch(
      new RegExp(`broke off after \\d+ of ${body.length} bytes, 5 times`),
    );
  } finally {
    await cut.stop();
  }
});

test('a connection that falls silent is given up, and taken up like one that broke', async () => {
  const body = `id\n${'1\n'.repeat(500_000)}`;
  await s3.put('plain', 'silent.csv', body);
  const silent = await startCuttingServer(s3.endpoint, { bytes: 0 });
  silent.stallAt(600_000);
  const { environment } = s3;
  const opened = await openS3({ endpoint: silent.endpoint, environment, silenceMs: 300 });
  const watch = { report: () => {} };
  try {
    const pinned = await pinObject(opened, { bucket: 'plain', key: 'silent.csv' }, watch);
    const path = join(root, 'silent.csv');
    await fetchObject(opened, pinned, { path, watch });
    expect(await readFile(path, 'utf8')).toBe(body);
    expect(silent.ranges()).toEqual(['bytes=600000-']);
  } finally {
    opened.client.destroy();
    await silent.stop();
  }
});

test('a run that is stopped stops the transfer', async () => {
  const stop = new AbortController();
  const report = () => stop.abort();
  const refused = await refusal(read('s3://plain/long.csv', {}, { report, signal: stop.signal }));
  expect(refused).toMatchObject({ name: 'AbortError' });
});

test('CSV files below a prefix are one table in the order of their names, each with its digest', async () => {
  await s3.put('plain', 'parts/b.csv', 'id,amount\r\n3,"x\ny"');
  await s3.put('plain', 'parts/a.csv', CSV);
  await s3.put('plain', 'parts/_SUCCESS', '');
  await s3.put('plain', 'parts/c.csv', 'id,amount\n4,40\n');
  const origin = from('s3://plain/parts/', { format: 'csv' });
  const extracted = await read('s3://plain/parts/', { format: 'csv' });
  expect(await readFile(extracted.path, 'utf8')).toBe('id,amount\n1,10\n2,20\n3,"x\ny"\n4,40\n');
  const { parts } = extracted.origin as S3Facts;
  expect(parts.map(({ name }) => name)).toEqual(['a.csv', 'b.csv', 'c.csv']);
  expect(parts[0]?.digest).toBe(createHash('sha256').update(CSV).digest('hex'));
  expect((await snapshot(root, origin, extracted)).rows).toBe(4);
});

test('a bad row of a table of parts is told by its part and line', async () => {
  await s3.put('plain', 'bad/a.csv', CSV);
  await s3.put('plain', 'bad/b.csv', 'id,amount\n3,30\n4\n');
  const extracted = await read('s3://plain/bad/', { format: 'csv' });
  const refused = await refusal(
    snapshot(root, from('s3://plain/bad/', { format: 'csv' }), extracted),
  );
  expect(refused).toMatchObject({ code: 'csv_bad_row' });
  expect(refused.message).toMatch(/^b\.csv:3: /);
});

test('a part that was cut off, or has other columns, is named', async () => {
  await s3.put('plain', 'cut/a.csv', 'id,note\n1,"a long\n');
  await s3.put('plain', 'cut/b.csv', 'id,note\n2,"b"\n');
  const cut = await refusal(read('s3://plain/cut/', { format: 'csv' }));
  expect(cut).toMatchObject({ code: 'snapshot_unreadable' });
  expect(cut.message).toContain('`a.csv` in `s3://plain/cut/` ends within a quoted field');
  await s3.put('plain', 'other/a.csv', CSV);
  await s3.put('plain', 'other/b.csv', 'id,sum\n1,1\n');
  const other = await refusal(read('s3://plain/other/', { format: 'csv' }));
  expect(other.message).toContain('`b.csv` in `s3://plain/other/` has another header');
});

test('Parquet files below a prefix are one table; a truncated one is named', async () => {
  const database = await openDatabase([root]);
  for (const [name, start] of [
    ['a', 0],
    ['b', 1000],
  ] as const) {
    await database.run(
      `COPY (SELECT ${start} + i AS id, i * 0.5 AS amount FROM range(1000) t(i)) TO '${root}/${name}.parquet' (FORMAT parquet)`,
    );
    await s3.put('plain', `parquet/${name}.parquet`, await readFile(`${root}/${name}.parquet`));
  }
  database.close();
  const origin = from('s3://plain/parquet/', { format: 'parquet' });
  const extracted = await read('s3://plain/parquet/', { format: 'parquet' });
  expect(await snapshot(root, origin, extracted)).toMatchObject({ rows: 2000, format: 'parquet' });
  const whole = await readFile(`${root}/b.parquet`);
  await s3.put('plain', 'parquet/b.parquet', whole.subarray(0, whole.length / 2));
  const refused = await refusal(read('s3://plain/parquet/', { format: 'parquet' }));
  expect(refused).toMatchObject({ code: 'snapshot_unreadable' });
  expect(refused.message).toContain('`b.parquet` in `s3://plain/parquet/` cannot be read');
});

test('parts that change while the others are read are of two moments, and refused', async () => {
  await s3.put('plain', 'live/a.csv', CSV);
  await s3.put('plain', 'live/b.csv', CSV);
  let late: Promise<unknown> = Promise.resolve();
  const report = (text: string) => {
    if (text.includes('b.csv')) late = s3.put('plain', 'live/a.csv', `${CSV}9,9\n`);
  };
  const blobs = openFileBlobStore(join(root, 'blobs'));
  const putFile: typeof blobs.putFile = async (path) => {
    await late;
    return blobs.putFile(path);
  };
  const refused = await refusal(
    read('s3://plain/live/', { format: 'csv' }, { report, blobs: { ...blobs, putFile } }),
  );
  expect(refused).toMatchObject({ code: 'source_changed' });
  expect(refused.message).toContain('`live/a.csv`');
});

test('what is not there, cannot be reached or is not allowed has a code of its own', async () => {
  expect(await refusal(read('s3://plain/none.csv'))).toMatchObject({ code: 'source_missing' });
  expect(await refusal(read('s3://no-such-bucket/x.csv'))).toMatchObject({
    code: 'source_missing',
  });
  expect(await refusal(read('s3://plain/none/', { format: 'csv' }))).toMatchObject({
    code: 'source_missing',
  });
  await s3.put('plain', 'secret/loans.csv', CSV);
  const Statement = [
    {
      Effect: 'Deny',
      Principal: '*',
      Action: 's3:GetObject',
      Resource: 'arn:aws:s3:::plain/secret/*',
    },
  ];
  const Policy = JSON.stringify({ Version: '2012-10-17', Statement });
  await s3.client.send(new PutBucketPolicyCommand({ Bucket: 'plain', Policy }));
  expect(await refusal(read('s3://plain/secret/loans.csv'))).toMatchObject({
    code: 'source_refused',
    details: { status: 403 },
  });
  vi.stubEnv('AWS_EC2_METADATA_DISABLED', 'true');
  vi.stubEnv('HOME', root);
  const unnamed = await refusal(read('s3://plain/loans/2026.csv', {}, { environment: {} }));
  vi.unstubAllEnvs();
  expect(unnamed).toMatchObject({ code: 'source_credentials_missing' });
  expect(unnamed.message).toContain('AWS_ACCESS_KEY_ID');
  const nobody = { endpoint: 'http://127.0.0.1:9' };
  const refused = await refusal(read('s3://plain/loans.csv', nobody));
  expect(refused).toMatchObject({ code: 'source_unreachable' });
  expect(refused.message).toContain('ECONNREFUSED');
});
