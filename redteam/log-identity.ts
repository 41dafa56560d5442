// SPDX-License-Identifier: Apache-2.0
import type { LogIdentity } from '@countersign/server';
import type { FirmUnderAttack } from './firm-under-attack.ts';

/** By what the firm's own audit believes a checkpoint: the name and key of the founding record. */
export function logIdentityOf(firm: FirmUnderAttack): LogIdentity {
  const { founding } = firm.server.context;
  const log = founding.keys.find(
    ({ holder }) => holder.kind === 'service' && holder.service === 'log',
  );
  return { origin: founding.logOrigin, publicKey: log!.key };
}
