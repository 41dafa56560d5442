// SPDX-License-Identifier: Apache-2.0
// Environments by command on a real server: an image is imported to it, a bill of materials is fetched from it.
import { execFileSync } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { build, intake } from '../../kernel/tests/credit-model.ts';
import { cycloneDx } from '../../pipeline/src/environment/bill-of-materials.ts';
import { writeBusyboxImage } from '../../pipeline/tests/busybox-image.ts';
import { BUILDERS, type ListeningFirm, listeningFirm, runAs } from './warranted-firm.ts';

const BILL = cycloneDx({
  subject: { kind: 'application', name: 'requirements.lock', version: '1' },
  components: [{ kind: 'library', name: 'numpy', version: '2.4.6', purl: 'pkg:pypi/numpy@2.4.6' }],
});

let root: string;
let firm: ListeningFirm;

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'environment-'));
  firm = await listeningFirm({ people: BUILDERS });
  const { recorder } = firm;
  const signed = await intake(recorder);
  const { ref } = await build(recorder, signed, { version: 1 });
  const { digest, size } = await firm.server.context.blobs.put(BILL);
  await recorder.add(
    {
      type: 'environment-lock',
      subjectRef: ref,
      blobs: [digest],
      content: { lockDigest: '1'.repeat(64), packages: [], billOfMaterials: { digest, size } },
    },
    'platform',
  );
}, 120_000);
afterAll(async () => {
  await firm?.server.close();
  await rm(root, { recursive: true, force: true });
});

const run = (...argv: readonly string[]) =>
  runAs(firm, 'dana', argv, { XDG_CACHE_HOME: join(root, 'cache') });

test('an image is archived here and on the platform, and the line for the file is said', async () => {
  const digest = await writeBusyboxImage(join(root, 'oci'));
  const tar = join(root, 'Busy Box.tar');
  execFileSync('tar', ['-c', '-f', tar, '-C', join(root, 'oci'), '.']);
  const local = await run('environment', 'import', tar);
  expect(local.exitCode, local.text).toBe(0);
  expect(local.text).toContain(`environment: { image: "busy-box@${digest}" }`);
  expect(local.text).toContain('archived on this machine');
  expect(await firm.server.context.blobs.has(digest.slice('sha256:'.length))).toBe(false);

  const sent = await run('environment', 'import', tar, '--name', 'x.org/b', '--remote');
  expect(sent.exitCode, sent.text).toBe(0);
  expect(sent.text).toContain(`environment: { image: "x.org/b@${digest}" }`);
  const manifest = JSON.parse(
    new TextDecoder().decode(await firm.server.context.blobs.get(digest.slice('sha256:'.length))),
  );
  for (const part of [manifest.config, ...manifest.layers])
    expect(await firm.server.context.blobs.has(part.digest.slice('sha256:'.length))).toBe(true);
});

test('what is no image is refused with the command that makes one', async () => {
  const refused = await run('environment', 'import', join(root, 'cache'));
  expect(refused.exitCode).toBe(1);
  expect(refused.text).toMatch(/no OCI layout; make one with `podman save --format oci-archive`/);
});

test('the bill of materials of a version comes with the bytes that its signed record names', async () => {
  const out = join(root, 'bom.json');
  const fetched = await run('environment', 'sbom', 'consumer-credit@1', '--out', out);
  expect(fetched.exitCode, fetched.text).toBe(0);
  expect(Buffer.from(BILL).equals(await readFile(out))).toBe(true);
});
