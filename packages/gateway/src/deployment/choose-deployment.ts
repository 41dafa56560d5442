// SPDX-License-Identifier: Apache-2.0
import type { GatewayError } from '../errors.ts';
import type { Deployment } from './load-deployment.ts';
import type { RememberedWarrant } from './warrant-memory.ts';

/** Who answers for a model now: the model, its fallback, or nobody. */
export type Choice =
  | { readonly by: 'model'; readonly deployment: Deployment }
  | {
      readonly by: 'fallback';
      /** The warrant that does not hold, whose fallback it is. */
      readonly ended: RememberedWarrant;
      /** Why it does not hold; `details.denial` says it in a word. */
      readonly reason: GatewayError;
      /** Another version of the model and use whose own warrant holds. */
      readonly previous?: Deployment;
    }
  | { readonly by: 'nobody'; readonly reason: GatewayError };

export interface Choosable {
  /** Loaded, listed by the status and within their time. */
  readonly holding: readonly Deployment[];
  readonly remembered: Iterable<RememberedWarrant>;
  readonly model: string;
  readonly use: string | undefined;
  /** Why nothing at all holds, such as a stale status. */
  readonly refusal: GatewayError | undefined;
  /** Why one warrant does not hold, where nothing at all is wrong. */
  readonly reasonOf: (ended: RememberedWarrant) => GatewayError;
}

/**
 * The newest version that was ever allowed to answer is the one in force. When it may not, its own declared fallback
 * answers and no older version, unless that is what it declares: an older warrant that still stands is no decision to go
 * back. Retiring a version ends its claim, and so does a warrant that was given after it ended.
 */
export function chooseDeployment(at: Choosable): Choice | undefined {
  const holding = at.refusal === undefined ? newest(at.holding, at) : undefined;
  const ended = newest([...at.remembered], { ...at, use: at.use ?? holding?.use }, (one) =>
    isInForce(one, holding),
  );
  const isModels =
    holding !== undefined && (ended === undefined || ended.version <= holding.version);
  if (isModels) return { by: 'model', deployment: holding };
  if (ended === undefined) return undefined;
  const reason = at.refusal ?? at.reasonOf(ended);
  const base = { by: 'fallback', ended, reason } as const;
  return holding === undefined ? base : { ...base, previous: holding };
}

interface Named {
  readonly model: string;
  readonly use: string;
  readonly version: number;
  readonly index: number;
}

function newest<T extends Named>(
  all: readonly T[],
  at: { readonly model: string; readonly use: string | undefined },
  isWanted: (one: T) => boolean = () => true,
): T | undefined {
  let best: T | undefined;
  for (const one of all) {
    if (one.model !== at.model || (at.use !== undefined && one.use !== at.use)) continue;
    const isNewer =
      best === undefined ||
      one.version > best.version ||
      (one.version === best.version && one.index > best.index);
    if (isNewer && isWanted(one)) best = one;
  }
  return best;
}

function isInForce(ended: RememberedWarrant, holding: Deployment | undefined): boolean {
  const { ending } = ended;
  if (ending?.kind === 'retire') return false;
  if (holding === undefined) return true;
  if (ending !== undefined && holding.index > ending.index) return false;
  return holding.loggedAt < ended.warrant.expires;
}
