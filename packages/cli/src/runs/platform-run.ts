// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto';
import { blobRoutes } from '@countersign/contract';
import { visibleText } from '@countersign/kernel';
import { z } from 'zod';
import { neededItem, verifiedVersion } from '../client/verified-records.ts';
import { parseVersionName } from '../client/version-name.ts';
import { done, type Outcome } from '../command/command.ts';
import { CliError } from '../errors.ts';
import { seconds } from '../output/describe-forecast.ts';
import { fields, short, table } from '../output/table.ts';
import type { Session } from '../session.ts';

const TrainingRun = z.looseObject({
  run: z.string(),
  started: z.string(),
  ended: z.string(),
  result: z.string(),
  steps: z.array(
    z.looseObject({
      name: z.string(),
      log: z.string(),
      exit: z.int(),
      started: z.string(),
      ended: z.string(),
      threads: z.int().optional(),
      cached: z.looseObject({ run: z.string(), commit: z.string() }).optional(),
    }),
  ),
});

/** The run that built a version, from its verified record; with `step`, that step's archived log. */
export async function showPlatformRun(
  session: Session,
  text: string,
  step: string | undefined,
): Promise<Outcome> {
  const version = await verifiedVersion(session, parseVersionName(text));
  const { digest } = neededItem(version, 'training-run');
  const run = TrainingRun.parse(version.set.byDigest.get(digest)?.statement.predicate.content);
  if (step !== undefined) return showLog(session, run, step);
  return done(
    { record: digest, ...run },
    ...fields([
      ['run', run.run],
      ['record', digest],
      ['result', run.result],
      ['started', run.started],
      ['ended', run.ended],
    ]),
    '',
    ...table(
      ['step', 'exit', 'took', 'threads', 'executed by', 'log'],
      run.steps.map((one) => [
        one.name,
        one.exit,
        seconds(Date.parse(one.ended) - Date.parse(one.started)),
        one.threads ?? 1,
        one.cached?.run ?? run.run,
        short(one.log),
      ]),
    ),
  );
}

async function showLog(
  session: Session,
  run: z.infer<typeof TrainingRun>,
  name: string,
): Promise<Outcome> {
  const step = run.steps.find((one) => one.name === name);
  if (step === undefined) {
    const names = run.steps.map((one) => `\`${one.name}\``).join(', ');
    throw new CliError('not_found', `run \`${run.run}\` has no step \`${name}\`; it has ${names}`);
  }
  const { bytes } = await session
    .client()
    .callRaw(blobRoutes.get, { params: { digest: step.log } });
  if (createHash('sha256').update(bytes).digest('hex') !== step.log)
    throw new CliError(
      'record_unverified',
      'the server sent other bytes than the run’s record names',
    );
  const log = new TextDecoder().decode(bytes);
  if (log === '') session.progress(`${name} printed nothing`);
  const lines = log === '' ? [] : log.replace(/\n$/, '').split('\n').map(visibleText);
  return done({ run: run.run, step: name, digest: step.log, log }, ...lines);
}
