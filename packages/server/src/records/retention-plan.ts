// SPDX-License-Identifier: Apache-2.0
import {
  type Json,
  parseStrictJson,
  type RetentionPlan,
  readRetentionPlan,
  type SweepContent,
} from '@countersign/kernel';
import type { ServerContext } from '../context.ts';
import { ServerError } from '../errors.ts';

const PLAN_BYTES_MAX = 16 * 1024 * 1024;

/** @throws ServerError `sweep_refused` for bytes that are no plan */
export async function readPlan(
  context: Pick<ServerContext, 'blobs'>,
  digest: string,
): Promise<RetentionPlan> {
  if (!(await context.blobs.has(digest)))
    throw sweepRefused(
      `no plan ${digest.slice(0, 12)} is stored; make one with \`countersign retention plan --save\``,
      digest,
    );
  try {
    const json: Json = parseStrictJson(await context.blobs.get(digest), {
      maxBytes: PLAN_BYTES_MAX,
    });
    return readRetentionPlan(json);
  } catch (cause) {
    throw new ServerError(
      'sweep_refused',
      `${digest.slice(0, 12)} is no retention plan: ${cause instanceof Error ? cause.message : 'it cannot be read'}`,
      {
        details: { digest },
        cause,
      },
    );
  }
}

export function planRefusal(
  context: Pick<ServerContext, 'root' | 'now'>,
  content: SweepContent,
  plan: RetentionPlan,
): string | undefined {
  if (plan.founding !== context.root) return 'its plan is of another firm';
  if (plan.at !== content.at) return `its plan is for ${plan.at}, not for ${content.at}`;
  if (plan.at > context.now()) return `its plan is for ${plan.at}, which is to come`;
  if (plan.things.length !== content.things)
    return `its plan has ${plan.things.length} things, not ${content.things}`;
  return undefined;
}

function sweepRefused(message: string, digest: string): ServerError {
  return new ServerError('sweep_refused', message, { details: { digest } });
}
