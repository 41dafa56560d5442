// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto';
import { mkdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { canonicalBytes } from '@countersign/kernel';
import type { BlobRef } from '../blobs/blob-store.ts';
import { runContained } from '../container/run-contained.ts';
import { PipelineError } from '../errors.ts';
import type { PlannedStep } from '../file/step-plan.ts';
import { toRecordJson } from '../file/to-record-json.ts';
import { tailOf } from '../process/run-process.ts';
import { collectOutputs } from '../sandbox/collect-outputs.ts';
import { removeTree } from '../sandbox/remove-tree.ts';
import { runSandboxed, type SandboxOptions, type SandboxResult } from '../sandbox/run-sandboxed.ts';
import { diskAllowance, type Overuse } from '../sandbox/watch-use.ts';
import { layOutWorkspace, WORK, type Workspace } from '../sandbox/workspace.ts';
import { layOutTree } from '../snapshot/tree-layout.ts';
import { readDeclaredEvidence } from './declared-evidence.ts';
import type { DeclaredEvidence, NamedBlob, StepInputRecord, StepRecord } from './result.ts';
import type { RunGround } from './run-ground.ts';
import { wholeLines } from './whole-lines.ts';

export interface StepOutcome {
  readonly record: StepRecord;
  readonly evidence: readonly DeclaredEvidence[];
  /** Why the step did not do what it declared; undefined when it did. */
  readonly failure: PipelineError | undefined;
}

const TIMEOUT_S_DEFAULT = 3600;
const MEMORY_MB_DEFAULT = 8192;
const PARAMS_FILE = 'params.json';
/** 128 + SIGKILL. */
const KILLED = 137;
/** What a shell ends with whose command is not on the search path (POSIX, XCU 2.8.2). */
const NOT_FOUND = 127;

/**
 * Runs one step in the sandbox and archives its log, outputs and evidence. A step that fails is an outcome; a broken
 * world (no sandbox, damaged blob) throws PipelineError.
 */
export async function executeStep(
  ground: RunGround,
  planned: PlannedStep,
  prepared: { readonly inputs: readonly StepInputRecord[]; readonly hidden: readonly string[] },
): Promise<StepOutcome> {
  const scratch = join(ground.scratch, 'steps', planned.name);
  const inputs = [...prepared.inputs, ...(await paramsInput(ground, planned))];
  const workspace = await layOut(ground, planned, { scratch, inputs, hidden: prepared.hidden });
  const variables = {
    ...ground.profile,
    ...(planned.step.network === true ? ground.networkVariables : {}),
  };
  const startedAt = ground.now().toISOString();
  ground.emit({ type: 'step-started', step: planned.name, command: planned.step.run });
  const ran = await run(ground, planned, { workspace, variables, scratch });
  const log = await ground.blobs.putFile(ran.logPath);
  const collected = await collect(ground, planned, { scratch, workspace, ran });
  await removeTree(scratch);
  ground.emit({ type: 'step-ended', step: planned.name, exit: ran.exit });
  const record: StepRecord = {
    name: planned.name,
    command: planned.step.run,
    network: planned.step.network === true,
    environmentDigest: createHash('sha256').update(canonicalBytes(variables)).digest('hex'),
    params: toRecordJson(planned.step.params ?? {}),
    inputs,
    outputs: collected.outputs,
    log,
    exit: ran.exit,
    startedAt,
    endedAt: ground.now().toISOString(),
  };
  return { record, evidence: collected.evidence, failure: collected.failure };
}

async function paramsInput(
  ground: RunGround,
  planned: PlannedStep,
): Promise<readonly StepInputRecord[]> {
  if (planned.step.params === undefined) return [];
  const text = `${JSON.stringify(planned.step.params, undefined, 2)}\n`;
  const blob = await ground.blobs.put(new TextEncoder().encode(text));
  return [{ as: PARAMS_FILE, from: { params: true }, ...blob }];
}

/** Inputs come out of the blob store, whose reads verify the digest, so the step sees exactly the recorded bytes. */
async function layOut(
  ground: RunGround,
  planned: PlannedStep,
  options: { scratch: string; inputs: readonly StepInputRecord[]; hidden: readonly string[] },
): Promise<Workspace> {
  const files: Record<string, string> = {};
  for (const input of options.inputs) {
    const path = join(ground.scratch, 'inputs', input.digest);
    const present = await stat(path).catch(() => undefined); // first use in this run
    if (present === undefined) {
      if (input.folder === true) await layOutTree(ground.blobs, input.digest, path);
      else await ground.blobs.copyTo(input.digest, path);
    }
    files[input.as] = path;
  }
  await mkdir(options.scratch, { recursive: true });
  return layOutWorkspace({
    checkout: ground.checkout,
    scratch: options.scratch,
    outputs: planned.step.outputs,
    hidden: options.hidden,
    inputs: files,
    uid: ground.uid,
  });
}

interface Ran {
  readonly exit: number | null;
  readonly timedOut: boolean;
  readonly overuse?: Overuse;
  readonly logPath: string;
  readonly diskBytes: number;
}

async function run(
  ground: RunGround,
  planned: PlannedStep,
  options: {
    readonly workspace: Workspace;
    readonly variables: Readonly<Record<string, string>>;
    readonly scratch: string;
  },
): Promise<Ran> {
  const { step, name } = planned;
  const logPath = join(ground.scratch, `${name}.log`);
  const log = wholeLines((text) => ground.emit({ type: 'step-log', step: name, text }));
  const diskBytes = await diskAllowance(options.scratch);
  const result = await inEnvironment(ground, {
    command: ['/bin/sh', '-ec', step.run],
    mounts: [...ground.environmentMounts, ...options.workspace.mounts],
    cwd: WORK,
    env: options.variables,
    network: step.network === true,
    uid: ground.uid,
    timeoutMs: (step.timeout_s ?? TIMEOUT_S_DEFAULT) * 1000,
    memoryBytes: memoryMb(step) * 1024 ** 2,
    disk: { directory: options.scratch, bytes: diskBytes },
    logPath,
    identityDirectory: ground.identityDirectory,
    onLog: log.add,
    signal: ground.signal,
  }).finally(log.end);
  return { ...result, logPath, diskBytes };
}

/** The sandbox on this machine's root, or a container on an image's. */
function inEnvironment(ground: RunGround, options: SandboxOptions): Promise<SandboxResult> {
  return ground.image === undefined ? runSandboxed(options) : runContained(ground.image, options);
}

function memoryMb(step: PlannedStep['step']): number {
  return step.memory_mb ?? MEMORY_MB_DEFAULT;
}

async function collect(
  ground: RunGround,
  planned: PlannedStep,
  options: { readonly scratch: string; readonly workspace: Workspace; readonly ran: Ran },
): Promise<Pick<StepOutcome, 'evidence' | 'failure'> & { readonly outputs: readonly NamedBlob[] }> {
  const ended = await endFailure(planned, options.ran);
  if (ended !== undefined) return { outputs: [], evidence: [], failure: ended };
  const { scratch } = options;
  try {
    const found = await collectOutputs({
      step: planned.name,
      scratch,
      declared: planned.step.outputs,
      mounted: options.workspace.mounted,
      bytesMax: options.ran.diskBytes,
    });
    const outputs: NamedBlob[] = [];
    for (const file of found.outputs) {
      const blob: BlobRef = await ground.blobs.putFile(join(scratch, file));
      outputs.push({ file, ...blob });
    }
    const evidence: DeclaredEvidence[] = [];
    for (const file of found.evidence) {
      evidence.push(
        await readDeclaredEvidence({ step: planned.name, scratch, file, blobs: ground.blobs }),
      );
    }
    return { outputs, evidence, failure: undefined };
  } catch (error) {
    if (!(error instanceof PipelineError)) throw error;
    return { outputs: [], evidence: [], failure: error };
  }
}

async function endFailure(planned: PlannedStep, ran: Ran): Promise<PipelineError | undefined> {
  if (ran.exit === 0) return undefined;
  const { name, step } = planned;
  if (ran.timedOut) {
    const message = `the step \`${name}\` ran longer than ${step.timeout_s ?? TIMEOUT_S_DEFAULT} s; raise \`timeout_s\` or do less`;
    return new PipelineError('step_timeout', message, { details: { step: name } });
  }
  if (ran.overuse !== undefined) {
    const what =
      ran.overuse === 'disk'
        ? `more than ${ran.diskBytes} bytes of disk, 20,000 files or directories 64 deep`
        : `more memory in all than ${memoryMb(step)} MB`;
    const message = `the step \`${name}\` was ended because it took ${what}; take less${ran.overuse === 'memory' ? ' or raise `memory_mb`' : ''}`;
    return new PipelineError('step_overfull', message, { details: { step: name } });
  }
  const said = tailOf(await readFile(ran.logPath, 'utf8'));
  const why = ran.exit === null ? 'was stopped' : `ended with ${ran.exit}`;
  const readOnly = /Read-only file system|Permission denied|EROFS|EACCES/.test(said)
    ? '; it may write to its declared outputs and /tmp only, files of the commit and inputs are read-only'
    : '';
  // A container's kernel kills the process that asks for more; the sandbox refuses it the memory.
  const killed =
    ran.exit === KILLED
      ? `; it was killed, as the limit of ${memoryMb(step)} MB does: take less or raise \`memory_mb\``
      : '';
  const absent =
    ran.exit === NOT_FOUND
      ? '; a program that it names is not there: a step has what `environment` of the pipeline file gives it, and without one the shell and its tools'
      : '';
  const words = said === '' ? 'it said nothing' : `its last words: ${said}`;
  const message = `the step \`${name}\` ${why}${readOnly}${killed}${absent}; ${words}`;
  return new PipelineError('step_failed', message, { details: { step: name, exit: ran.exit } });
}
