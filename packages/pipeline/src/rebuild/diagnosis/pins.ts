// SPDX-License-Identifier: Apache-2.0
import { fileURLToPath } from 'node:url';
import type { Mount } from '../../sandbox/system-mounts.ts';

/** What a rerun holds still; what is not named runs free. */
export interface Pins {
  /** The clock starts here and ticks a microsecond a reading. */
  readonly time?: string;
  /** Random bytes of the system, and every generator seeded from them. */
  readonly entropy?: true;
  /** Memory addresses, order of directories, hash seed. */
  readonly order?: true;
  readonly threads?: number;
  /** Variables that the step cannot change. */
  readonly variables?: Readonly<Record<string, string>>;
}

export type PinName = 'time' | 'entropy' | 'order' | 'threads';

const PROBE_DIRECTORY = fileURLToPath(new URL('../../../python/rebuild-probe', import.meta.url));
const PROBE_PATH = '/countersign-probe';

export const PROBE_MOUNT: Mount = { source: PROBE_DIRECTORY, target: PROBE_PATH };

/** Everything that pins reach, held: two reruns of one program should agree. */
export function allPins(time: string): Pins {
  return { time, entropy: true, order: true, threads: 1 };
}

export function withoutPin(pins: Pins, name: PinName): Pins {
  const { [name]: _, ...rest } = pins;
  return rest;
}

const THREAD_VARIABLES = [
  'OMP_NUM_THREADS',
  'OMP_THREAD_LIMIT',
  'OPENBLAS_NUM_THREADS',
  'MKL_NUM_THREADS',
  'BLIS_NUM_THREADS',
  'NUMEXPR_NUM_THREADS',
  'LOKY_MAX_CPU_COUNT',
];

/** The variables by which pins reach Python (sitecustomize), R (its profile) and native libraries. */
export function pinVariables(pins: Pins): Readonly<Record<string, string>> {
  const lock = { ...threadVariables(pins.threads), ...orderVariables(pins), ...pins.variables };
  const probe = {
    ...(pins.time === undefined ? {} : { time: Math.floor(Date.parse(pins.time) / 1000) }),
    ...(pins.entropy === undefined ? {} : { entropy: true }),
    ...(pins.order === undefined ? {} : { order: true }),
    ...(pins.threads === undefined ? {} : { cpus: pins.threads }),
    ...(Object.keys(lock).length === 0 ? {} : { lock }),
  };
  return {
    ...lock,
    PYTHONPATH: PROBE_PATH,
    R_PROFILE_USER: `${PROBE_PATH}/profile.R`,
    COUNTERSIGN_PROBE: JSON.stringify(probe),
    ...(pins.entropy === undefined ? {} : { COUNTERSIGN_PROBE_ENTROPY: '1' }),
  };
}

function threadVariables(threads: number | undefined): Readonly<Record<string, string>> {
  if (threads === undefined) return {};
  return Object.fromEntries(THREAD_VARIABLES.map((name) => [name, String(threads)]));
}

function orderVariables({ order }: Pins): Readonly<Record<string, string>> {
  return order === undefined ? {} : { PYTHONHASHSEED: '0' };
}

/**
 * Objects that are hashed by their address keep their order when addresses are not drawn (personality(2),
 * ADDR_NO_RANDOMIZE). A container's filter of system calls may forbid that: the step then runs without this one pin.
 */
export function pinnedCommand(command: string, pins: Pins): string {
  if (pins.order === undefined) return command;
  const quoted = `/bin/sh -ec '${command.replaceAll("'", "'\\''")}'`;
  const isAllowed = '/usr/bin/setarch -R true 2>/dev/null';
  return `if ${isAllowed}; then exec /usr/bin/setarch -R ${quoted}; else exec ${quoted}; fi`;
}
