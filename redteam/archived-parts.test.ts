// SPDX-License-Identifier: Apache-2.0
// Attacks by whoever writes what is laid out again: manifests of data versions, OCI images, results of runs, sealed files;
// on the machine that lays them out, and on the reader who takes one content for another.
import { createHash, randomBytes } from 'node:crypto';
import {
  chmod,
  cp,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rename,
  rm,
  stat,
  truncate,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type BlobStore,
  executeRun,
  importImage,
  openFileBlobStore,
  openLayout,
  type RunResult,
  rebuildRun,
} from '@countersign/pipeline';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { describeInterpreter } from '../packages/pipeline/src/environment/interpreter.ts';
import { layOutTree } from '../packages/pipeline/src/snapshot/tree-layout.ts';
import {
  MANIFEST_HEADER,
  manifestLine,
  totalsLine,
  treeTotals,
} from '../packages/pipeline/src/snapshot/tree-manifest.ts';
import { commitRepository } from '../packages/pipeline/tests/example-repository.ts';
import { openDataKeys } from '../packages/server/src/store/index.ts';

let root: string;
let blobs: BlobStore;
let content: { readonly digest: string; readonly size: number };

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'redteam-parts-'));
  blobs = openFileBlobStore(join(root, 'blobs'), { keys: openDataKeys(root) });
  content = await blobs.put(Buffer.from('harmless\n'));
});
afterAll(() => rm(root, { recursive: true, force: true }));

const sha256 = (bytes: Uint8Array | string) => createHash('sha256').update(bytes).digest('hex');
const placeOf = (digest: string) => join(root, 'blobs', 'sha256', digest.slice(0, 2), digest);

describe('a manifest of a data version', () => {
  const file = (path: string) => manifestLine({ path, ...content, executable: false });
  const link = (path: string, to: string) => manifestLine({ path, link: to });
  const manifest = async (
    lines: readonly string[],
    totals: { files?: number; links?: number } = {},
  ) => {
    const { files = lines.length, links = 0 } = totals;
    const bytes = files * content.size;
    const text = [MANIFEST_HEADER, ...lines, totalsLine({ files, links, bytes })].join('');
    return (await blobs.put(Buffer.from(text))).digest;
  };

  test('RT-480 writes nothing outside of its directory: no dots, roots, doubles, links that lead out, files below a link', async () => {
    const out = join(root, 'laid-out');
    const attacks: readonly (readonly [string, Promise<string>])[] = [
      ['..', manifest([file('../escaped')])],
      ['.. within', manifest([file('a/../../escaped')])],
      ['root', manifest([file(`${root}/escaped`)])],
      ['empty part', manifest([file('a//b')])],
      ['dot', manifest([file('./a')])],
      ['empty', manifest([file('')])],
      ['NUL', manifest([file('a\0b')])],
      ['double', manifest([file('a'), file('a')])],
      ['order', manifest([file('b'), file('a')])],
      ['file and directory', manifest([file('a'), file('a/b')])],
      ['link to root', manifest([link('a', '/etc/passwd')], { files: 0, links: 1 })],
      ['link out', manifest([link('a', '../escaped')], { files: 0, links: 1 })],
      ['link to a link out', manifest([link('a', 'b/..'), link('b', '.')], { files: 0, links: 2 })],
      ['file below a link', manifest([link('a', '.'), file('a/escaped')], { files: 1, links: 1 })],
      ['dangling link', manifest([link('a', 'nowhere')], { files: 0, links: 1 })],
      ['totals', manifest([file('a')], { files: 2 })],
      [
        'no totals',
        blobs.put(Buffer.from(`${MANIFEST_HEADER}${file('a')}`)).then((one) => one.digest),
      ],
      ['not the digest of anything', manifest([file('a').replace(content.digest, 'e'.repeat(64))])],
    ];
    for (const [what, digest] of attacks) {
      const code = await layOutTree(blobs, await digest, out).then(
        () => 'laid out',
        (error: { code?: string }) => error.code ?? 'unforeseen',
      );
      const entries = await readdir(out).catch(() => 'gone');
      expect([what, code, entries]).toEqual([
        what,
        expect.stringMatching(/^(data_version_invalid|blob_missing|EEXIST|ENOTDIR|EISDIR)$/),
        'gone',
      ]);
    }
    await expect(stat(join(root, 'escaped'))).rejects.toMatchObject({ code: 'ENOENT' });
  });

  test('RT-481 is read line by line: a million paths, a line without end and other bytes under its digest do no harm', async () => {
    const COUNT = 1_000_000;
    const name = (n: number) => n.toString(16).padStart(6, '0');
    const pieces = [MANIFEST_HEADER];
    for (let n = 0; n < COUNT; n += 1) pieces.push(file(name(n)));
    const totals = { files: COUNT, links: 0, bytes: COUNT * content.size };
    const { digest } = await blobs.put(Buffer.from([...pieces, totalsLine(totals)].join('')));
    const before = process.memoryUsage().rss;
    expect(await treeTotals(blobs, digest)).toEqual(totals);
    expect(process.memoryUsage().rss - before).toBeLessThan(400 * 1024 ** 2);
    const endless = await blobs.put(
      Buffer.from(`${MANIFEST_HEADER}{"path":"${'a'.repeat(100_000)}"}`),
    );
    await expect(treeTotals(blobs, endless.digest)).rejects.toThrow('the line is too long');
    const honest = await manifest([file('a')]);
    const sly = (await readFile(placeOf(honest), 'utf8')).replace('"a"', '"b"');
    await chmod(placeOf(honest), 0o644);
    await writeFile(placeOf(honest), sly);
    const fresh = openFileBlobStore(join(root, 'blobs'));
    await expect(treeTotals(fresh, honest)).rejects.toMatchObject({ code: 'blob_corrupt' });
  }, 60_000);
});

describe('an image', () => {
  const part = async (directory: string, bytes: Uint8Array | string) => {
    const digest = sha256(bytes);
    await writeFile(join(directory, 'blobs', 'sha256', digest), bytes);
    return { digest: `sha256:${digest}`, size: Buffer.byteLength(bytes) };
  };
  const os = { architecture: process.arch === 'x64' ? 'amd64' : process.arch, os: 'linux' };
  /** A layout by hand, of which `change` alters the manifest before it is named. */
  const layout = async (name: string, change: (manifest: Record<string, unknown>) => void) => {
    const directory = join(root, name);
    await mkdir(join(directory, 'blobs', 'sha256'), { recursive: true });
    const config = await part(
      directory,
      JSON.stringify({ ...os, config: { User: 'root', Entrypoint: ['/bin/evil'] } }),
    );
    const layer = await part(directory, 'no tar\n');
    const manifest = { schemaVersion: 2, config, layers: [layer] };
    change(manifest);
    const named = await part(directory, JSON.stringify(manifest));
    await writeFile(join(directory, 'index.json'), JSON.stringify({ manifests: [named] }));
    return directory;
  };
  const imported = async (directory: string) => {
    const store = openFileBlobStore(join(root, `${directory.replaceAll('/', '-')}-store`));
    const opened = await openLayout(directory, { scratch: root });
    await importImage(opened, store);
    return opened;
  };

  test('RT-482 is not imported with a part of another digest, a digest that is a path, parts without number or another name', async () => {
    const attacks: readonly (readonly [string, (manifest: Record<string, unknown>) => void])[] = [
      [
        'a path',
        (one) =>
          Object.assign(one, { layers: [{ digest: 'sha256:../../../../etc/passwd', size: 1 }] }),
      ],
      [
        'another algorithm',
        (one) => Object.assign(one, { layers: [{ digest: `sha512:${'a'.repeat(128)}`, size: 1 }] }),
      ],
      [
        'absent',
        (one) => Object.assign(one, { layers: [{ digest: `sha256:${'a'.repeat(64)}`, size: 1 }] }),
      ],
      [
        'too many',
        (one) => Object.assign(one, { layers: Array.from({ length: 201 }, () => one.config) }),
      ],
      ['no layers', (one) => Object.assign(one, { layers: [] })],
      [
        'configuration of nothing',
        (one) => Object.assign(one, { config: { digest: `sha256:${content.digest}`, size: 9 } }),
      ],
    ];
    for (const [what, change] of attacks) {
      const directory = await layout(`image-${what.replaceAll(' ', '-')}`, change);
      const code = await imported(directory).then(
        () => 'imported',
        (error: { code?: string }) => error.code,
      );
      expect([what, code]).toEqual([what, 'image_invalid']);
    }
    const honest = await layout('image-honest', () => {});
    const opened = await imported(honest);
    const manifest = opened.pathOf(opened.image.manifest.digest);
    await writeFile(manifest, `${await readFile(manifest, 'utf8')} `);
    await expect(imported(honest)).rejects.toMatchObject({ code: 'image_invalid' });
    await expect(openLayout(honest, { scratch: root, name: '../x y' })).rejects.toMatchObject({
      code: 'image_invalid',
    });
  });
});

describe('a sealed file', () => {
  const sealed = async (name: string) => {
    const { digest } = await blobs.put(randomBytes(200_000));
    await blobs.seal(digest, await openDataKeys(root).idFor(name));
    return digest;
  };

  test('RT-483 opens under its own digest and class alone, whole, and never in plain', async () => {
    const [one, other] = [await sealed('personal-data'), await sealed('biometric')];
    const file = `${placeOf(one)}.sealed`;
    const honest = await readFile(file);
    await expect(stat(placeOf(one))).rejects.toMatchObject({ code: 'ENOENT' });
    const corrupt = async () => {
      const store = openFileBlobStore(join(root, 'blobs'), { keys: openDataKeys(root) });
      await expect(store.get(one)).rejects.toMatchObject({ code: 'blob_corrupt' });
    };
    await rm(file);
    await cp(`${placeOf(other)}.sealed`, file);
    await corrupt();
    for (const cut of [honest.length - 1, honest.length - 16, 65_536, 40, 0]) {
      await rm(file);
      await writeFile(file, honest);
      await truncate(file, cut);
      await corrupt();
    }
    // The name of the other class's key in the header, of equal length.
    const ids = (await readdir(join(root, 'data-keys'))).map((name) => name.replace(/\.json$/, ''));
    const own = ids.find((id) => honest.includes(id)) ?? '';
    const renamed = Buffer.from(honest);
    renamed.write('personal-datb', renamed.indexOf(own));
    await rm(file);
    await writeFile(file, renamed);
    const store = openFileBlobStore(join(root, 'blobs'), { keys: openDataKeys(root) });
    await expect(store.get(one)).rejects.toMatchObject({ code: 'blob_key_missing' });
    await rename(join(root, 'data-keys', `${own}.json`), join(root, 'data-keys', `${own}.hidden`));
    await rm(file);
    await writeFile(file, honest);
    await expect(store.get(one)).rejects.toMatchObject({ code: 'blob_key_missing' });
    expect(await store.get(other)).toHaveLength(200_000);
  });
});

describe('a result of a run that somebody else wrote', () => {
  let result: RunResult;
  beforeAll(async () => {
    const checkout = join(root, 'repository');
    await commitRepository(checkout, {
      'countersign.yaml': 'model: toy\nsteps: { s: { run: echo 1 > out, outputs: [out] } }\n',
    });
    await mkdir(join(root, 'work'), { recursive: true });
    result = await executeRun({
      source: { checkout },
      blobs,
      workDir: join(root, 'work'),
      cacheDir: join(root, 'cache'),
      draft: false,
      now: () => new Date(),
      callerEnvironment: process.env,
    });
  });
  const rebuild = (environment: object | null) =>
    rebuildRun({
      // As JSON that was read: no type holds what it says.
      result: { ...result, environment } as RunResult,
      blobs,
      workDir: join(root, 'again'),
      now: () => new Date(),
      callerEnvironment: process.env,
      diagnosis: false,
    });

  test('RT-484 writes no wheel outside of the rebuild, and starts no program of the machine but a Python', async () => {
    expect(await rebuild(null)).toMatchObject({ verdict: 'byte-identical' });
    const { PATH = '', HOME = '' } = process.env;
    const interpreter = await describeInterpreter('python3', { PATH, HOME });
    const lock = await blobs.put(Buffer.from(''));
    const python = {
      kind: 'python',
      interpreter,
      lockFile: 'requirements.lock',
      lockDigest: lock.digest,
      wheels: [],
    };
    const escaped = join(root, 'escaped.whl');
    for (const file of [
      `../../../${'../'.repeat(20)}${escaped}`,
      escaped,
      '..',
      '.bashrc',
      'a/b.whl',
      'a\n.whl',
    ]) {
      const wheels = [{ file, ...content }];
      const rebuilt = await rebuild({ ...python, wheels });
      expect([file, rebuilt]).toMatchObject([
        file,
        { verdict: 'not-rebuildable', reason: expect.stringContaining('no plain name') },
      ]);
    }
    await expect(stat(escaped)).rejects.toMatchObject({ code: 'ENOENT' });
    const mark = join(root, 'started');
    const evil = join(root, 'evil.sh');
    await writeFile(evil, `#!/bin/sh\ntouch ${mark}\n`, { mode: 0o755 });
    for (const program of [evil, '/bin/sh', 'python3', `${evil}/../evil.sh`]) {
      const rebuilt = await rebuild({ ...python, interpreter: { ...interpreter, program } });
      expect([program, rebuilt]).toMatchObject([program, { verdict: 'environment-unavailable' }]);
    }
    await expect(stat(mark)).rejects.toMatchObject({ code: 'ENOENT' });
  }, 60_000);
});
