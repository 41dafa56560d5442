// SPDX-License-Identifier: Apache-2.0
import type { Status } from '@countersign/kernel';
import type { GatewayError } from '../errors.ts';
import { daysLeft } from './expiry-notices.ts';
import type { Deployment } from './load-deployment.ts';
import type { RememberedWarrant } from './warrant-memory.ts';

/** What a gateway holds, for its operator. */
export interface Held {
  readonly warrants: readonly HeldWarrant[];
  readonly status: Status | undefined;
  readonly statusAgeMs: number | undefined;
  readonly freshnessMs: number;
  /** Warrants that held here and do not any more, with what answers for them. */
  readonly ended: readonly EndedWarrant[];
  /** Why the newest refresh failed, or warrants that were refused and why. */
  readonly refusals: readonly string[];
}

interface NamedWarrant {
  readonly warrant: string;
  readonly model: string;
  readonly use: string;
  readonly version: number;
}

export interface HeldWarrant extends NamedWarrant {
  readonly expires: string;
  /** Whole days; warned of at 60, 30 and 7. */
  readonly daysLeft: number;
}

export interface EndedWarrant extends NamedWarrant {
  readonly fallback: string;
  readonly reason: string;
}

export function heldWarrant(
  { grant, model, use, version }: Deployment,
  nowMs: number,
): HeldWarrant {
  const { expires } = grant.warrant;
  const left = daysLeft(expires, nowMs);
  return { warrant: grant.digest, model, use, version, expires, daysLeft: left };
}

export function endedWarrant(one: RememberedWarrant, reason: GatewayError): EndedWarrant {
  const { digest, model, use, version, terms } = one;
  const { kind: fallback } = terms;
  return { warrant: digest, model, use, version, fallback, reason: reason.message };
}
