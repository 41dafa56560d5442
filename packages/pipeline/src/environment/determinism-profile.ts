// SPDX-License-Identifier: Apache-2.0

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PipelineError } from '../errors.ts';
import { runSandboxed } from '../sandbox/run-sandboxed.ts';
import type { Mount } from '../sandbox/system-mounts.ts';
import { READ_LEVELS } from './numpy-levels.ts';
import { ENVIRONMENT_PATH } from './python-environment.ts';

/** The environment variables of every step, and why the bits of a result depend on nothing else around it. */
export type DeterminismProfile = Readonly<Record<string, string>>;

/** The interpreter of an environment that is made from a lock. */
export const LOCKED_PYTHON = `${ENVIRONMENT_PATH}/bin/python`;

/** numpy's levels up to AVX2: what `OPENBLAS_CORETYPE=Haswell` and `MKL_CBWR=AVX2` use as well. */
const LEVELS_KEPT = new Set([
  ...['SSE', 'SSE2', 'SSE3', 'SSSE3', 'SSE41', 'POPCNT', 'SSE42', 'AVX', 'F16C', 'FMA3', 'AVX2'],
  ...['X86_V2', 'X86_V3', 'XOP', 'FMA4'],
]);

const FIXED: DeterminismProfile = {
  PATH: `${ENVIRONMENT_PATH}/bin:/usr/local/bin:/usr/bin:/bin`,
  HOME: '/tmp',
  TMPDIR: '/tmp',
  LANG: 'C.UTF-8',
  LC_ALL: 'C.UTF-8',
  TZ: 'UTC',
  PYTHONHASHSEED: '0',
  PYTHONDONTWRITEBYTECODE: '1',
  PYTHONNOUSERSITE: '1',
  PYTHONUNBUFFERED: '1',
  PYTHONUTF8: '1',
  OMP_NUM_THREADS: '1',
  OPENBLAS_NUM_THREADS: '1',
  MKL_NUM_THREADS: '1',
  BLIS_NUM_THREADS: '1',
  NUMEXPR_NUM_THREADS: '1',
  OPENBLAS_CORETYPE: 'Haswell',
  MKL_CBWR: 'AVX2',
  BLIS_ARCH_TYPE: 'haswell',
  // PyTorch's own kernels, and those of oneDNN under its two names.
  ATEN_CPU_CAPABILITY: 'avx2',
  DNNL_MAX_CPU_ISA: 'AVX2',
  ONEDNN_MAX_CPU_ISA: 'AVX2',
  // cuBLAS is deterministic with a fixed workspace only (cuBLAS, results reproducibility); TensorFlow where it is asked to be.
  CUBLAS_WORKSPACE_CONFIG: ':4096:8',
  TF_DETERMINISTIC_OPS: '1',
};

/**
 * The whole environment of a step (design.md, section 6). It depends on the commit, the seed and the installed numpy,
 * never on the machine or the caller.
 */
export function determinismProfile(options: {
  readonly committedAt: string;
  readonly seed?: number | undefined;
  readonly dispatchedLevels: readonly string[];
  /** What a container image sets; only its search path is stronger than the profile. */
  readonly imageVariables?: Readonly<Record<string, string>> | undefined;
}): DeterminismProfile {
  const { imageVariables } = options;
  const disabled = levelsToDisable(options.dispatchedLevels);
  return {
    ...(imageVariables === undefined ? FIXED : inContainer(imageVariables)),
    SOURCE_DATE_EPOCH: String(Math.floor(Date.parse(options.committedAt) / 1000)),
    ...(options.seed === undefined ? {} : { COUNTERSIGN_SEED: String(options.seed) }),
    ...(disabled.length === 0 ? {} : { NPY_DISABLE_CPU_FEATURES: disabled.join(' ') }),
  };
}

/** Podman and docker would each set their own of these. */
const CONTAINER: DeterminismProfile = { container: 'oci', HOSTNAME: 'sandbox', TERM: 'dumb' };
const CONTAINER_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/** An image's programs lie where it says; everything else that it sets is part of its digest and stays unless we set it. */
function inContainer(image: Readonly<Record<string, string>>): DeterminismProfile {
  return { ...image, ...FIXED, ...CONTAINER, PATH: image.PATH ?? CONTAINER_PATH };
}

/**
 * numpy refuses the name of a baseline level and warns about names it does not dispatch, so only its own dispatched
 * names may be given; one that the CPU lacks is accepted with a warning.
 */
export function levelsToDisable(dispatched: readonly string[]): readonly string[] {
  return dispatched.filter((level) => !LEVELS_KEPT.has(level));
}

/** The levels that the installed numpy chooses among at run time; none without numpy. Asked inside the sandbox. */
export async function readDispatchedLevels(options: {
  /** The interpreter as the sandbox finds it. */
  readonly python?: string | undefined;
  readonly mounts: readonly Mount[];
  readonly uid: number;
  readonly workDir: string;
  readonly identityDirectory: string;
}): Promise<readonly string[]> {
  const logPath = join(options.workDir, 'numpy-levels.log');
  const result = await runSandboxed({
    command: [options.python ?? LOCKED_PYTHON, '-I', '-c', READ_LEVELS],
    mounts: options.mounts,
    cwd: '/tmp',
    env: FIXED,
    network: false,
    uid: options.uid,
    timeoutMs: 60_000,
    memoryBytes: 4 * 1024 ** 3,
    logPath,
    identityDirectory: options.identityDirectory,
  });
  const text = await readFile(logPath, 'utf8');
  const levels = /^\[[A-Z0-9_", ]*\]$/m.exec(text)?.[0];
  if (result.exit === 0 && levels !== undefined) return JSON.parse(levels) as string[]; // shape just matched
  throw new PipelineError(
    'environment_failed',
    `numpy's instruction levels could not be read: ${text.slice(0, 500)}`,
  );
}
