// SPDX-License-Identifier: Apache-2.0
// Case files are opened by people who do not trust their maker. Whatever a zip can be made to say besides its canonical
// form is refused, by the command line and by the verifier that an auditor installs alone, and nothing is written.
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { crc32, deflateRawSync } from 'node:zlib';
import { nodePrimitives as p } from '@countersign/kernel/node';
import { readZip, verifyCaseFile, writeCaseFile, writeZip } from '@countersign/verifier';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { runCommand } from '../packages/cli/src/index.ts';
import { hex, MODEL, produce, USE } from '../packages/kernel/tests/credit-model.ts';
import { type Firm, foundFirm } from '../packages/kernel/tests/firm.ts';

let firm: Firm;
let folder: string;
let program: string;
let sound: Uint8Array;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'redteam-case-'));
  program = join(folder, 'installed', 'countersign-verify.js');
  execFileSync(process.execPath, [
    join(import.meta.dirname, '../packages/verifier/build.ts'),
    join(folder, 'installed'),
  ]);
  firm = await foundFirm();
  await produce(firm);
  sound = await writeCaseFile(
    p,
    {
      root: firm.root,
      made: firm.now(),
      about: { model: MODEL, use: USE, version: 1 },
      bundle: await firm.bundle(),
      blobs: [{ digest: hex('a paper'), bytes: Buffer.from('a paper') }],
    },
    firm.people.platform.signer,
  );
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface Part {
  readonly name: string | Uint8Array;
  readonly bytes: Uint8Array;
  readonly flags?: number;
  readonly method?: number;
  /** What the headers claim instead of the truth. */
  readonly size?: number;
  readonly packed?: number;
  readonly crc?: number;
  readonly extra?: Uint8Array;
  readonly comment?: string;
  readonly attributes?: number;
  readonly offset?: number;
  /** The name in the directory, where it is to differ. */
  readonly listed?: string | Uint8Array;
}

/** A zip of exactly these parts, true or not: PKWARE APPNOTE 6.3.9, sections 4.3.7, 4.3.12 and 4.3.16. */
function hostileZip(
  parts: readonly Part[],
  more: { readonly comment?: string; readonly count?: number; readonly start?: number } = {},
): Buffer {
  const locals: Buffer[] = [];
  const directory: Buffer[] = [];
  let at = 0;
  for (const part of parts) {
    const local = localOf(part);
    directory.push(centralOf(part, at));
    locals.push(local);
    at += local.length;
  }
  const listing = Buffer.concat(directory);
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(more.count ?? parts.length, 8);
  end.writeUInt16LE(more.count ?? parts.length, 10);
  end.writeUInt32LE(listing.length, 12);
  end.writeUInt32LE(more.start ?? at, 16);
  end.writeUInt16LE(more.comment?.length ?? 0, 20);
  return Buffer.concat([...locals, listing, end, Buffer.from(more.comment ?? '')]);
}

function commonOf({ flags = 0x0800, method = 0, bytes, size, packed, crc }: Part): Buffer {
  const common = Buffer.alloc(22);
  common.writeUInt16LE(20, 0);
  common.writeUInt16LE(flags, 2);
  common.writeUInt16LE(method, 4);
  common.writeUInt16LE(0x21, 8);
  common.writeUInt32LE(crc ?? crc32(bytes), 10);
  common.writeUInt32LE(packed ?? bytes.length, 14);
  common.writeUInt32LE(size ?? bytes.length, 18);
  return common;
}

function localOf(part: Part): Buffer {
  const name = Buffer.from(part.name as Uint8Array);
  const lengths = Buffer.alloc(4);
  lengths.writeUInt16LE(name.length, 0);
  lengths.writeUInt16LE(part.extra?.length ?? 0, 2);
  const extra = part.extra ?? Buffer.alloc(0);
  return Buffer.concat([
    Buffer.from('PK\u0003\u0004'),
    commonOf(part),
    lengths,
    name,
    extra,
    part.bytes,
  ]);
}

function centralOf(part: Part, at: number): Buffer {
  const name = Buffer.from((part.listed ?? part.name) as Uint8Array);
  const rest = Buffer.alloc(18);
  rest.writeUInt16LE(name.length, 0);
  rest.writeUInt16LE(part.extra?.length ?? 0, 2);
  rest.writeUInt16LE(part.comment?.length ?? 0, 4);
  rest.writeUInt32LE(part.attributes ?? 0, 10);
  rest.writeUInt32LE(part.offset ?? at, 14);
  const [extra, comment] = [part.extra ?? Buffer.alloc(0), Buffer.from(part.comment ?? '')];
  return Buffer.concat([
    Buffer.from('PK\u0001\u0002\u0014\u0000'),
    commonOf(part),
    rest,
    name,
    extra,
    comment,
  ]);
}

const partsOf = (file: Uint8Array): readonly Part[] =>
  readZip(file).map(({ name, bytes }) => ({ name, bytes }));
const file = (name: string | Uint8Array, text = 'x'): Part => ({ name, bytes: Buffer.from(text) });
const sorted = (parts: readonly Part[]) =>
  [...parts].sort((a, b) => (String(a.name) < String(b.name) ? -1 : 1));
const withPart = (part: Part, more?: Parameters<typeof hostileZip>[1]) =>
  hostileZip(sorted([...partsOf(sound), part]), more);
const changed = (change: Partial<Part>, more?: Parameters<typeof hostileZip>[1]) =>
  hostileZip(
    partsOf(sound).map((part, index) => (index === 0 ? { ...part, ...change } : part)),
    more,
  );

const MEMORY_MB = 512;
const SECONDS_MAX = 10;

/** Both readers refuse it in bounded time and memory, name a place, and leave the folder as it was. */
async function refusedByBoth(bytes: Uint8Array): Promise<string> {
  const cwd = mkdtempSync(join(folder, 'in-'));
  writeFileSync(join(cwd, 'case.zip'), bytes);
  const report = verifyCaseFile(p, bytes, firm.root);
  expect(report.ok).toBe(false);
  expect(report.problems[0]?.entry).toBeTruthy();
  const alone = spawnSync(
    process.execPath,
    [`--max-old-space-size=${MEMORY_MB}`, program, 'case.zip', '--root', firm.root],
    { cwd, encoding: 'utf8', env: {}, timeout: SECONDS_MAX * 1000 },
  );
  expect(alone.status, alone.stderr).toBe(1);
  expect(alone.stdout).toContain('does NOT verify');
  expect(alone.stdout).not.toMatch(/[^\n\x20-\x7e\u00a0-\uffff]/);
  const { exitCode, text } = await commandLine(cwd);
  expect(exitCode).toBe(1);
  expect(text).not.toMatch(/^the case file verifies/m);
  expect(readdirSync(cwd)).toEqual(['case.zip']);
  return report.problems.map(({ entry, reason }) => `${entry}: ${reason}`).join('\n');
}

async function commandLine(cwd: string) {
  const lines: string[] = [];
  const write = (line: string) => void lines.push(line);
  const { exitCode } = await runCommand(['verify', 'case.zip', '--root', firm.root], {
    out: write,
    err: write,
    isTerminal: false,
    env: {},
    cwd,
    now: () => new Date(),
  });
  return { exitCode, text: lines.join('\n') };
}

test('the case file that is attacked below verifies as it is, and in this suite’s own zip', async () => {
  expect(verifyCaseFile(p, sound, firm.root)).toMatchObject({ ok: true, problems: [] });
  expect(hostileZip(partsOf(sound)).equals(Buffer.from(sound))).toBe(true);
});

describe('names', () => {
  const names: readonly (readonly [string, string | Uint8Array])[] = [
    ['climbs out', '../../etc/cron.d/x'],
    ['climbs out within', 'blobs/../../x'],
    ['is absolute', '/etc/passwd'],
    ['is a Windows drive', 'C:\\Windows\\x'],
    ['climbs by backslashes', '..\\..\\x'],
    ['holds NUL', 'blobs/x\0.txt'],
    ['holds an escape sequence', 'blobs/\u001b[2Jx'],
    ['is a folder', 'blobs/'],
    ['is empty', ''],
    ['is hidden', '.ssh/authorized_keys'],
    ['is no UTF-8', Uint8Array.from([0x62, 0xff, 0xfe])],
    ['reads backwards', 'blobs/\u202egpj.exe'],
  ];
  test.each(names)('RT-078 an entry whose name %s is refused', async (_what, name) => {
    await refusedByBoth(withPart(file(name)));
    if (typeof name === 'string')
      expect(() => writeZip([{ name, bytes: new Uint8Array() }])).toThrow();
  });

  test('RT-079 a name that the directory spells otherwise is refused, and its escape sequences do not reach the terminal', async () => {
    const lie = '\u001b[2K\u001b[1Athe case file verifies\u009b8m';
    const why = await refusedByBoth(changed({ listed: lie }));
    expect(why).toContain('lists it as');
    const cwd = mkdtempSync(join(folder, 'lie-'));
    writeFileSync(join(cwd, 'case.zip'), changed({ listed: `x\nthe case file verifies` }));
    const { text } = await commandLine(cwd);
    expect(text).not.toMatch(/^the case file verifies/m);
    expect(text).toContain('x\\u000athe case file verifies');
  });

  test('two entries of one name are refused, whichever of them is sound', async () => {
    const [first] = partsOf(sound);
    if (first === undefined) throw new Error('empty');
    await refusedByBoth(withPart(file(first.name)));
    await refusedByBoth(hostileZip([file(first.name), ...partsOf(sound)]));
    await refusedByBoth(withPart(file(String(first.name).toUpperCase())));
  });
});

describe('what an entry claims to be', () => {
  const claims: readonly (readonly [string, () => Buffer])[] = [
    [
      'a symbolic link',
      () => withPart({ ...file('blobs/link', '/etc/passwd'), attributes: 0o120777 * 65536 }),
    ],
    ['a device', () => changed({ attributes: 0o020666 * 65536 })],
    ['encrypted', () => changed({ flags: 0x0801 })],
    ['followed by a descriptor', () => changed({ flags: 0x0808 })],
    ['of 4 GiB', () => changed({ size: 0xffffffff, packed: 0xffffffff })],
    ['smaller than it is', () => changed({ size: 1 })],
    ['packed smaller than it is', () => changed({ packed: 1, size: 1 })],
    ['larger than it is', () => changed({ size: 1_000_000_000 })],
    ['of another checksum', () => changed({ crc: 1 })],
    ['compressed by an unknown method', () => changed({ method: 99 })],
    [
      'extended by a zip64 field',
      () => changed({ extra: Buffer.from([1, 0, 8, 0, 0, 0, 0, 0, 1, 0, 0, 0]) }),
    ],
    [
      'renamed by a unicode path field',
      () => changed({ extra: Buffer.from([0x75, 0x70, 6, 0, 1, 0, 0, 0, 0, 120]) }),
    ],
    ['with a comment', () => changed({ comment: 'trusted' })],
    ['where another one is', () => changed({ offset: 60 })],
    ['past the end', () => changed({ offset: 0xfffffff0 })],
  ];
  test.each(claims)('RT-080 an entry that is %s is refused', async (_what, make) => {
    await refusedByBoth(make());
  });
});

describe('bombs', () => {
  const zeros = deflateRawSync(Buffer.alloc(64 * 1024 * 1024), { level: 9 });

  test('RT-081 a compressed entry is refused unopened, whatever it would grow to', async () => {
    expect(zeros.length).toBeLessThan(100_000);
    const before = process.memoryUsage().rss;
    const bomb = { name: 'blobs/bomb', bytes: zeros, method: 8, size: 64 * 1024 * 1024, crc: 0 };
    await refusedByBoth(withPart(bomb));
    await refusedByBoth(withPart({ ...bomb, crc: crc32(zeros), size: zeros.length }));
    const inner = hostileZip([bomb]);
    await refusedByBoth(withPart({ name: 'blobs/nested.zip', bytes: inner }));
    expect(process.memoryUsage().rss - before).toBeLessThan(256 * 1024 * 1024);
  });

  test('entries that overlap, as in a quoted bomb, are refused', async () => {
    const kernel = { name: 'blobs/0', bytes: zeros, method: 8, size: 64 * 1024 * 1024 };
    const many = Array.from({ length: 200 }, (_, at) => ({
      ...file(`blobs/${at + 1}`, ''),
      offset: 0,
    }));
    await refusedByBoth(hostileZip([kernel, ...many]));
    await refusedByBoth(hostileZip(partsOf(sound).map((part) => ({ ...part, offset: 0 }))));
  });

  test('sixty thousand empty entries, or nothing but a claim of them, are refused at once', async () => {
    const parts = Array.from({ length: 60_000 }, (_, at) =>
      file(`blobs/${String(at).padStart(6, '0')}`, ''),
    );
    await refusedByBoth(hostileZip(parts));
    await refusedByBoth(hostileZip([], { count: 65_535, start: 0xfffffff0 }));
  });

  test('a file of 8 GiB of nothing is refused with a sentence', () => {
    const path = join(folder, 'huge.zip');
    writeFileSync(path, '');
    truncateSync(path, 8 * 1024 ** 3);
    const ran = spawnSync(process.execPath, [program, path, '--root', firm.root], {
      encoding: 'utf8',
      env: {},
    });
    rmSync(path);
    expect(ran.status).toBe(2);
    expect(ran.stderr).toContain('cannot be read');
    expect(ran.stderr).not.toContain('    at ');
  });
});

describe('around the entries', () => {
  const around: readonly (readonly [string, () => Uint8Array])[] = [
    ['a comment', () => hostileZip(partsOf(sound), { comment: 'see https://example.test' })],
    ['a byte after its end', () => Buffer.concat([sound, Buffer.from([0])])],
    [
      'another zip after its end',
      () => Buffer.concat([sound, hostileZip([file('manifest.json', '{}')])]),
    ],
    ['a program before it', () => Buffer.concat([Buffer.from('MZ#!/bin/sh\n'), sound])],
    ['a gap between entries', () => gap()],
    ['a count that is wrong', () => hostileZip(partsOf(sound), { count: 1 })],
    ['a directory that starts elsewhere', () => hostileZip(partsOf(sound), { start: 0 })],
    ['its entries in another order', () => hostileZip([...partsOf(sound)].reverse())],
    [
      'an entry that the manifest does not list',
      () => withPart(file('notes.txt', 'approved by all')),
    ],
    [
      'an entry less',
      () => hostileZip(partsOf(sound).filter(({ name }) => !String(name).startsWith('blobs/'))),
    ],
    ['a blob under another’s digest', () => changed({ bytes: Buffer.from('b paper') })],
  ];
  test.each(around)('RT-082 a case file with %s is refused', async (_what, make) => {
    await refusedByBoth(make());
  });

  function gap(): Buffer {
    const [first, ...rest] = partsOf(sound);
    if (first === undefined) throw new Error('empty');
    const head = localOf(first);
    const tail = hostileZip(rest);
    return Buffer.concat([head, Buffer.alloc(16), tail]);
  }
});
