// SPDX-License-Identifier: Apache-2.0
// An image as a firm would make one: Debian's own packages by mmdebstrap, an OCI layout by buildah; R and Python inside it.
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openFileBlobStore } from '../src/blobs/blob-store.ts';
import { importImage, openLayout } from '../src/container/import-image.ts';
import { rebuildRun } from '../src/rebuild/rebuild-run.ts';
import { executeRun } from '../src/run/execute-run.ts';
import { commitRepository } from './example-repository.ts';

const NEEDED = ['podman', 'runc', 'buildah', 'mmdebstrap'];
const cache = join(tmpdir(), 'countersign-pipeline-test-cache');
const archive = join(cache, 'debian-r-python.oci.tar');
let root: string;

beforeAll(async () => {
  const missing = NEEDED.filter(
    (name) => !existsSync(`/usr/bin/${name}`) && !existsSync(`/usr/sbin/${name}`),
  );
  if (missing.length > 0)
    throw new Error(`run \`apt-get install --no-install-recommends ${missing.join(' ')}\``);
  root = await mkdtemp(join(tmpdir(), 'debian-image-'));
  if (!existsSync(archive)) makeImage();
});
afterAll(() => rm(root, { recursive: true, force: true }));

function makeImage(): void {
  const rootFs = join(root, 'root.tar');
  const include = '--include=r-base-core,python3-numpy';
  const sh = (command: string) =>
    execFileSync('sh', ['-ec', command], { stdio: ['ignore', 'ignore', 'inherit'] });
  sh(`mmdebstrap --quiet --variant=apt ${include} bookworm ${rootFs}`);
  const store = `--root ${root}/store --runroot ${root}/run --storage-driver vfs`;
  const buildah = `buildah ${store}`;
  sh(`mkdir -p ${cache}; name=$(${buildah} from scratch)
    ${buildah} add --quiet $name ${rootFs} /
    ${buildah} config --env MADE_BY=mmdebstrap $name
    ${buildah} commit --quiet --timestamp 0 $name local/debian-r
    ${buildah} push --quiet local/debian-r oci-archive:${archive}.partial
    ${buildah} rm --all; ${buildah} rmi --all --force
    mv ${archive}.partial ${archive}`);
}

const FILES = (reference: string) => ({
  'countersign.yaml': `model: infert
seed: 20260331
environment: { image: "${reference}" }
steps:
  fit: { run: Rscript --vanilla fit.R, outputs: [coefficients.csv] }
  solve: { run: python3 solve.py, inputs: [coefficients.csv], outputs: [norm.txt] }
`,
  'fit.R': `set.seed(as.integer(Sys.getenv("COUNTERSIGN_SEED")))
fitted <- glm(case ~ spontaneous + induced, data = infert, family = binomial())
write.csv(format(c(coef(fitted), sample = rnorm(1)), digits = 15), "coefficients.csv")
`,
  'solve.py': `import csv, numpy as np, os
rows = list(csv.reader(open("coefficients.csv")))[1:]
a = np.array([float(r[1]) for r in rows])
open("norm.txt", "w").write(repr(float(np.exp(a) @ a)) + os.environ["MADE_BY"] + os.environ.get("NPY_DISABLE_CPU_FEATURES", ""))
`,
});

test('an R glm and numpy run in a Debian image, and come back from the archived image alone', async () => {
  const blobs = openFileBlobStore(join(root, 'blobs'));
  const layout = await openLayout(archive, { scratch: root, name: 'example.org/debian-r' });
  await importImage(layout, blobs);
  const checkout = join(root, 'repository');
  await commitRepository(checkout, FILES(layout.image.reference));
  const common = { blobs, now: () => new Date(), callerEnvironment: process.env };
  const result = await executeRun({
    ...common,
    source: { checkout },
    workDir: join(root, 'work'),
    cacheDir: join(root, 'cache'),
    draft: false,
  });
  expect(result.failure).toBeNull();
  expect(result.determinismProfile.NPY_DISABLE_CPU_FEATURES).toMatch(/AVX512/);
  const bill = await blobs.get(result.environment?.billOfMaterials?.digest ?? '');
  const { components } = JSON.parse(new TextDecoder().decode(bill));
  const purls = components.map((one: { purl?: string }) => one.purl ?? '').join('\n');
  expect(purls).toMatch(/^pkg:deb\/debian\/r-base-core@.*distro=debian-12$/m);
  expect(purls).toMatch(/^pkg:pypi\/numpy@1\.24/m);
  expect(purls).toMatch(/^pkg:cran\/stats@4\.2/m);
  const rebuilt = await rebuildRun({ ...common, result, workDir: join(root, 'again') });
  expect(rebuilt).toMatchObject({ verdict: 'byte-identical', level: 'container' });
});
