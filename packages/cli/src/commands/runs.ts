// SPDX-License-Identifier: Apache-2.0
import { setTimeout as sleep } from 'node:timers/promises';
import { visibleText } from '@countersign/kernel';
import { isVersionName } from '../client/version-name.ts';
import { type Command, done, type Outcome, refused } from '../command/command.ts';
import type { Input } from '../command/input.ts';
import { CliError } from '../errors.ts';
import { seconds } from '../output/describe-forecast.ts';
import { fields, short, table } from '../output/table.ts';
import { showPlatformRun } from '../runs/platform-run.ts';
import { draftCache, isCutOff, listRuns, type RunFacts, readStepLog } from '../runs/run-folder.ts';
import type { Session } from '../session.ts';

export const runs: Command = {
  name: 'runs',
  summary: 'draft runs of this machine, newest first',
  description:
    'Runs of the platform are jobs: `countersign jobs`, and `countersign runs show MODEL@N` once registered.',
  example: 'countersign runs',
  run: listDrafts,
};

export const runsShow: Command = {
  name: 'runs show',
  summary: 'a run with its steps, or the log of one step',
  description:
    'A draft of this machine, or the run of the platform that built a version, from its verified record and the archive.',
  example: 'countersign runs show draft-20261123-081502-3fa2c1 --step train',
  arguments: [
    {
      name: 'run',
      summary: 'a draft by the beginning of its name, `last` for the newest; or MODEL@N',
    },
  ],
  options: [
    { flags: '--step STEP', summary: 'the log of this step' },
    { flags: '--follow', summary: 'with --step: go on for as long as it runs' },
  ],
  run: showDraft,
};

async function listDrafts(_input: Input, session: Session): Promise<Outcome> {
  const found = listRuns(draftCache(session.io.env)).map((run) => ({
    ...run,
    state: stateOf(run),
  }));
  return done(
    found,
    ...(found.length === 0 ? ['no draft has run on this machine'] : []),
    ...table(
      ['run', 'model', 'started', 'state', 'steps', 'commit'],
      found.map((run) => [
        run.id,
        run.model,
        run.started,
        run.state,
        run.steps.length,
        short(run.commit ?? ''),
      ]),
    ),
  );
}

async function showDraft(input: Input, session: Session): Promise<Outcome> {
  const what = input.argument('run');
  if (isVersionName(what)) return showPlatformRun(session, what, input.optionalText('step'));
  const cacheDir = draftCache(session.io.env);
  const named = findRun(cacheDir, what);
  const step = input.optionalText('step');
  if (step === undefined) return describeRun(named, cacheDir);
  const run = executorOf(named, { cacheDir, step });
  if (run !== named) session.progress(`${step}: taken from run ${run.id}, which executed it`);
  if (input.flag('follow')) return followLog(session, { cacheDir, run, step });
  const log = readStepLog(cacheDir, run.id, step);
  if (log === undefined) throw noLog(run, step);
  if (log === '') session.progress(`${step} printed nothing`);
  return done({ run: run.id, step, log }, ...linesOf(log));
}

function describeRun(run: RunFacts, cacheDir: string): Outcome {
  const state = stateOf(run);
  return done(
    { ...run, state },
    ...fields([
      ['run', run.id],
      ['model', run.model],
      ['repository', run.directory],
      ['commit', run.commit],
      ['started', run.started],
      ['ended', run.ended],
      ['state', state],
      ['failure', run.failure],
      ['folder', `${cacheDir}/runs/${run.id}`],
    ]),
    '',
    ...table(
      ['step', 'state', 'took', 'from'],
      run.steps.map((step) => [
        step.name,
        step.state === 'running' ? state : step.state,
        tookOf(step),
        step.from,
      ]),
    ),
  );
}

function tookOf({ started, ended }: RunFacts['steps'][number]): string {
  return started === undefined || ended === undefined
    ? ''
    : seconds(Date.parse(ended) - Date.parse(started));
}

function stateOf(run: RunFacts): string {
  return isCutOff(run) ? 'cut off' : run.state;
}

const LOOK_MS = 300;

/** Prints the log as it is written, until the run has ended. */
async function followLog(
  session: Session,
  of: { readonly cacheDir: string; readonly run: RunFacts; readonly step: string },
): Promise<Outcome> {
  const { cacheDir, run, step } = of;
  let shown = 0;
  for (;;) {
    // Read first: what was written before the end is then all there.
    const now = listRuns(cacheDir).find(({ id }) => id === run.id);
    const log = readStepLog(cacheDir, run.id, step) ?? '';
    const whole = log.slice(shown, log.lastIndexOf('\n') + 1);
    shown += whole.length;
    for (const line of linesOf(whole)) session.io.out(line);
    const hasEnded = now === undefined || now.state !== 'running' || isCutOff(now);
    if (hasEnded || session.io.signal?.aborted === true) {
      for (const line of linesOf(log.slice(shown))) session.io.out(line);
      const result = { run: run.id, step, state: now === undefined ? 'gone' : stateOf(now) };
      return { ...(now?.state === 'succeeded' ? done(result) : refused(result)), isPrinted: true };
    }
    await sleep(LOOK_MS);
  }
}

function linesOf(text: string): readonly string[] {
  return text === '' ? [] : text.replace(/\n$/, '').split('\n').map(visibleText);
}

function findRun(cacheDir: string, name: string): RunFacts {
  const known = listRuns(cacheDir);
  const found = name === 'last' ? known.slice(0, 1) : known.filter(({ id }) => id.startsWith(name));
  const exact = found.find(({ id }) => id === name) ?? (found.length === 1 ? found[0] : undefined);
  if (exact !== undefined) return exact;
  const what =
    found.length > 1 ? `${found.length} runs begin with` : 'no run of this machine is named';
  throw new CliError('not_found', `${what} \`${name}\``, {
    details: { next: 'list them with `countersign runs`' },
  });
}

/** The run whose log a step has: of one that was taken from the cache the run that executed it, while that is kept. */
function executorOf(
  run: RunFacts,
  of: { readonly cacheDir: string; readonly step: string },
): RunFacts {
  const from = run.steps.find(({ name }) => name === of.step)?.from;
  return (
    (from === undefined ? undefined : listRuns(of.cacheDir).find(({ id }) => id === from)) ?? run
  );
}

function noLog(run: RunFacts, step: string): CliError {
  const from = run.steps.find(({ name }) => name === step)?.from;
  const reason =
    from === undefined
      ? `run \`${run.id}\` has no log of a step \`${step}\``
      : `step \`${step}\` was taken from run \`${from}\`, which is kept no longer`;
  return new CliError('not_found', reason, {
    details: { next: `countersign runs show ${run.id}` },
  });
}
