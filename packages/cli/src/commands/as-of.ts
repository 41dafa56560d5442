// SPDX-License-Identifier: Apache-2.0
import { asOfRoutes } from '@countersign/contract';
import { type Command, done, type Outcome } from '../command/command.ts';
import type { Input } from '../command/input.ts';
import { describeAsOf } from '../output/describe-as-of.ts';
import type { Session } from '../session.ts';

export const asOf: Command = {
  name: 'as-of',
  summary: 'what was in production and staging at a date, allowed by whom, on what validation',
  description:
    'A day means its end in UTC. With --known the log answers as it stood then: a correction that was recorded later changes the answer of today and never that one.',
  example: 'countersign as-of 2026-03-03 --model consumer-credit',
  arguments: [{ name: 'date', summary: 'a day like 2026-03-03, or UTC with milliseconds' }],
  options: [
    { flags: '--model MODEL', summary: 'one model; every one unless given' },
    { flags: '--known DATE', summary: 'as the log told it then; as it tells it now unless given' },
  ],
  run: runAsOf,
};

async function runAsOf(input: Input, session: Session): Promise<Outcome> {
  const answer = await session.client().call(asOfRoutes.get, {
    query: {
      date: input.argument('date'),
      known: input.optionalText('known'),
      model: input.optionalText('model'),
    },
  });
  const head = `at ${answer.date}, as known at ${answer.known.time} (entry ${answer.known.index} of the log)`;
  return done(answer, head, '', ...describeAsOf(answer));
}
