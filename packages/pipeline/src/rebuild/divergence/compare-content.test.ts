// SPDX-License-Identifier: Apache-2.0
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { compareContent } from './compare-content.ts';
import type { MakingWindows } from './divergence.ts';

const windows: MakingWindows = {
  original: { from: '2026-03-01T10:00:00.000Z', to: '2026-03-01T10:05:00.000Z' },
  rebuilt: { from: '2026-09-20T08:00:00.000Z', to: '2026-09-20T08:05:00.000Z' },
};

type Bytes = string | Uint8Array;

function compare(original: Bytes, rebuilt: Bytes) {
  const bytes = (one: Bytes) => (typeof one === 'string' ? Buffer.from(one) : one);
  const pair = { name: 'file', original: bytes(original), rebuilt: bytes(rebuilt) };
  return compareContent(pair, { windows, depth: 0 });
}

async function part(original: Bytes, rebuilt: Bytes) {
  const { format, parts } = await compare(original, rebuilt);
  return { format, count: parts.length, ...parts[0] };
}

/** What a Python program would have left behind. */
function written(script: string): Uint8Array {
  return execFileSync('python3', [
    '-c',
    `import io, sys, zipfile, pickle, struct\nout = sys.stdout.buffer\n${script}`,
  ]);
}

const model = () =>
  Buffer.from(
    readFileSync(new URL('../../../../analysis/tests/fixtures/credit.onnx', import.meta.url)),
  );

test('times of the making are told from other texts by the window of each run', async () => {
  const made = (at: string) => JSON.stringify({ made: at, rows: 5 });
  const times = await part(made('2026-03-01T10:02:11Z'), made('2026-09-20T08:01:00Z'));
  expect(times).toMatchObject({ format: 'json', where: '$.made', nature: 'times' });
  expect((await part(made('2026-03-01T10:02:11Z'), made('2031-01-01T00:00:00Z'))).nature).not.toBe(
    'times',
  );
  const epoch = (seconds: number) => JSON.stringify({ seconds });
  const [then, now] = [Date.parse(windows.original.from), Date.parse(windows.rebuilt.from)];
  expect((await part(epoch(then / 1000), epoch(now / 1000))).nature).toBe('times');
});

test('a JSON path, an order of members and an order of items are named', async () => {
  const number = await part('{"a":{"b":[{"c":1.5}]}}', '{"a":{"b":[{"c":1.75}]}}');
  expect(number).toMatchObject({
    where: '$.a.b[0].c',
    nature: 'numbers',
    distance: { maxAbsolute: '0.25' },
  });
  expect(await part('{"x":1,"y":2}', '{"y":2,"x":1}')).toMatchObject({
    where: '$, its members',
    nature: 'order',
  });
  expect(await part('["b","a"]', '["a","b"]')).toMatchObject({
    where: '$',
    nature: 'order',
    count: 1,
  });
});

test('names that differ in their numbering alone are names', async () => {
  expect(await part('{"layer":"dense_17"}', '{"layer":"dense_23"}')).toMatchObject({
    nature: 'names',
  });
  expect(await part('{"layer":"dense_17"}', '{"layer":"sparse_17"}')).toMatchObject({
    nature: 'text',
  });
});

test('lines of a text model are compared number by number', async () => {
  const tree = (value: string) => `tree\nleaf_value=0.25 ${value} -1.5\nend\n`;
  const found = await part(tree('0.1250000000000001'), tree('0.125'));
  expect(found).toMatchObject({
    format: 'text',
    where: 'line 2',
    nature: 'rounding',
    distance: { differing: 1, compared: 3 },
  });
  expect(await part('a\r\nb\n', 'a\nb\n')).toMatchObject({ nature: 'encoding' });
});

test('an ONNX model names the attribute, and the tensor whose bytes differ', async () => {
  const bytes = model();
  const one = await compare(bytes, Buffer.from(bytes));
  expect(one.parts).toEqual([]);
  const renamed = Buffer.from(
    bytes.toString('latin1').replaceAll('probabilities', 'probabilitiez'),
    'latin1',
  );
  const names = await compare(bytes, renamed);
  expect([names.format, names.natures]).toEqual(['onnx', ['names']]);
});

test('entries of a zip are compared by time, order and content, arrays in them by number', async () => {
  const npz = (year: number, value: string) =>
    written(`
def entry(z, name, data):
    z.writestr(zipfile.ZipInfo(name, (${year}, 3, 1, 10, 1, 0)), data)
head = "{'descr': '<f8', 'fortran_order': False, 'shape': (2,), }".ljust(117) + "\\n"
npy = b"\\x93NUMPY\\x01\\x00" + struct.pack("<H", len(head)) + head.encode() + struct.pack("<2d", 1.0, ${value})
buffer = io.BytesIO()
with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as z:
    entry(z, "weights.npy", npy)
out.write(buffer.getvalue())`);
  const found = await compare(npz(2026, '2.0'), npz(2025, '2.5'));
  expect(found).toMatchObject({
    format: 'zip',
    parts: [
      { where: 'entry `weights.npy`, time of change', nature: 'metadata' },
      {
        where: 'weights.npy: values, first at [1]',
        nature: 'numbers',
        distance: { maxAbsolute: '0.5' },
      },
    ],
  });
});

test('of a pickle the differing text and numbers are read where they can be', async () => {
  const dump = (name: string, value: string) =>
    written(
      `out.write(pickle.dumps({"name": "${name}", "w": struct.pack("<4d", 1, ${value}, 3, 4)}))`,
    );
  const times = await part(
    dump('made 2026-03-01T10:02:11Z', '2'),
    dump('made 2026-09-20T08:01:00Z', '2'),
  );
  expect(times).toMatchObject({ format: 'bytes', nature: 'times' });
  const near = await part(dump('x', '2.0'), dump('x', '2.0000000000000004'));
  expect(near).toMatchObject({ nature: 'rounding', distance: { maxUlp: '1' } });
});

test('a report is bounded whatever differs', async () => {
  const lines = (salt: number) =>
    Array.from({ length: 5000 }, (_, at) => `v${at} = ${at * salt}.5`).join('\n');
  const found = await compare(lines(2), lines(3));
  expect(found.parts.length).toBe(12);
  expect(found.partsOmitted).toBe(4999 - 12);
});
