// SPDX-License-Identifier: Apache-2.0
import type { ActBody, ActName } from '@countersign/contract';
import type { Draft, RecordSet } from '@countersign/kernel';
import { ServerError } from '../../errors.ts';

export type ActOf<Name extends ActName> = Extract<ActBody, { readonly act: Name }>;

/** Where and when somebody says something. */
export interface ActContext {
  readonly set: RecordSet;
  readonly workspace: string;
  readonly account: string;
  /** UTC with milliseconds. */
  readonly now: string;
}

/** What an act comes to: drafts that are signed and recorded together. */
export interface DraftedAct {
  readonly drafts: readonly Draft[];
  /** Of a paper: the bytes that its record names. */
  readonly text?: string;
}

/** A refusal that names the member of the act it is about. */
export function refusedAct(member: string, message: string): ServerError {
  return new ServerError('record_refused', message, { details: { field: `body.${member}` } });
}
