// SPDX-License-Identifier: Apache-2.0
import type { InventoryModelReply } from '@countersign/contract';
import { STAGE_WORDS, type Stage } from './stage.tsx';

type Use = InventoryModelReply['uses'][number];

/** A stage, or what it is in use by without a warrant of the gates: its owner's word, a legacy warrant. */
export type UseStatus = Stage | 'declared' | 'legacy' | 'overdue';

export interface StatusShown {
  readonly status: UseStatus;
  /** Where it was in use before the firm came here: since which day. */
  readonly since?: string;
}

export const STATUS_WORDS: { readonly [status in UseStatus]: string } = {
  ...STAGE_WORDS,
  declared: 'in use, declared',
  legacy: 'in use, legacy',
  overdue: 'in use, legacy, overdue',
};

const UNDER_GATES: readonly Stage[] = ['staging', 'production', 'suspended', 'retired'];

/** How a use stands, as `countersign inventory` tells it: once it is under the gates, by them alone. */
export function statusOf(
  model: Pick<InventoryModelReply, 'inUseSince'>,
  use: Pick<Use, 'stage' | 'versions'> | undefined,
): StatusShown {
  const stage = use?.stage ?? 'proposed';
  if (UNDER_GATES.includes(stage)) return { status: stage };
  const legacy = use?.versions.findLast((one) => one.legacy !== undefined)?.legacy;
  if (legacy !== undefined && legacy.state !== 'ended') {
    const status = legacy.state === 'running' ? 'legacy' : 'overdue';
    return { status, since: legacy.inUseSince };
  }
  return model.inUseSince === undefined
    ? { status: stage }
    : { status: 'declared', since: model.inUseSince };
}

/** `in use since 2019-09-02, declared`. */
export function statusText({ status, since }: StatusShown): string {
  const words = STATUS_WORDS[status];
  return since === undefined ? words : words.replace('in use', `in use since ${since}`);
}
