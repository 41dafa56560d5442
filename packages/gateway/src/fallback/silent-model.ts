// SPDX-License-Identifier: Apache-2.0
import type { Choice } from '../deployment/choose-deployment.ts';
import type { Deployment } from '../deployment/load-deployment.ts';
import type { GatewayError } from '../errors.ts';
import { fallbackTerms } from './fallback-terms.ts';

/**
 * Who answers where a model that may answer gave no answer: the fallback that its version declares, as if the warrant did not
 * hold. The model is never asked twice for one request.
 * @param holding all that may answer now, in which a previous version is looked for
 */
export function fallbackOfSilent(
  silent: Deployment,
  holding: Iterable<Deployment>,
  reason: GatewayError,
): Extract<Choice, { readonly by: 'fallback' }> {
  const { grant, model, use, version, index, loggedAt, served } = silent;
  const terms = fallbackTerms(grant.warrant, served.spec);
  const { digest, warrant } = grant;
  const ended = { digest, model, use, version, warrant, index, loggedAt, terms };
  const base = { by: 'fallback', ended, reason } as const;
  const previous = previousOf(silent, holding);
  return previous === undefined ? base : { ...base, previous };
}

function previousOf(silent: Deployment, holding: Iterable<Deployment>): Deployment | undefined {
  let best: Deployment | undefined;
  for (const one of holding) {
    const isOlder =
      one.model === silent.model && one.use === silent.use && one.version < silent.version;
    if (isOlder && (best === undefined || one.version > best.version)) best = one;
  }
  return best;
}
