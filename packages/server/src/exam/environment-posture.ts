// SPDX-License-Identifier: Apache-2.0
import { indexAt, monthPeriod, type Posture, posture, type Transition } from '@countersign/kernel';
import type { ServerContext } from '../context.ts';
import { ServerError } from '../errors.ts';

/**
 * The posture of an environment in a month, as the log up to a time tells it; of a month that is not over, up to now.
 * @throws ServerError `request_malformed` for a month to come
 */
export async function environmentPosture(
  context: ServerContext,
  asked: { readonly month: string; readonly environment: Transition; readonly known: string },
): Promise<Posture> {
  const { month, environment, known } = asked;
  const now = context.now();
  if (monthPeriod(month).from > now) {
    throw new ServerError('request_malformed', `month \`${month}\` is to come`, {
      details: { field: 'month' },
    });
  }
  const set = await context.records.current();
  const { workspace, primitives } = context;
  return posture(primitives, set, {
    workspace,
    environment,
    month,
    until: now,
    known: indexAt(set, known),
  });
}
