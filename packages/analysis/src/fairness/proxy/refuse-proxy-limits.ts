// SPDX-License-Identifier: Apache-2.0
import { AnalysisError } from '../../errors.ts';

const PROXY = 'proxy_';

/**
 * Figures over guessed groups inform and never decide: throws `plan_invalid` for a plan that governs by one or sets a limit
 * on one.
 */
export function refuseProxyLimits(plan: {
  readonly governing: string;
  readonly limits?: Readonly<Record<string, unknown>> | undefined;
}): void {
  const limited = Object.keys(plan.limits ?? {}).find((name) => name.startsWith(PROXY));
  const field = plan.governing.startsWith(PROXY)
    ? 'fairness.governing'
    : limited === undefined
      ? undefined
      : `fairness.limits.${limited}`;
  if (field === undefined) return;
  throw new AnalysisError(
    'plan_invalid',
    `\`${field}\` would decide by groups that are guessed from names and places; govern by stated groups`,
    { details: { field } },
  );
}
