// SPDX-License-Identifier: Apache-2.0
import type { FoundingPerson } from '@countersign/server';

/** The people of the demonstration bank. Their passphrases are no secret: the founding record says demonstration. */
export const PASSPHRASE_SUFFIX = 'demonstration passphrase';

type Part = Omit<FoundingPerson, 'passphrase' | 'password'>;

const PARTS: readonly Part[] = [
  { account: 'ada.admin', printedName: 'Ada Admin', roles: ['administrator'] },
  { account: 'alan.admin', printedName: 'Alan Admin', roles: ['administrator'] },
  {
    account: 'omar.owner',
    printedName: 'Omar Owner',
    roles: ['model-owner'],
    team: 'retail-credit',
  },
  {
    account: 'dana.developer',
    printedName: 'Dana Developer',
    roles: ['developer'],
    team: 'modelling',
  },
  { account: 'mia.risk', printedName: 'Mia Risk', roles: ['model-risk'], team: 'model-risk' },
  {
    account: 'vera.validator',
    printedName: 'Vera Validator',
    roles: ['validator'],
    team: 'validation',
  },
  // Signs with ECDSA P-256: both algorithms go the whole way.
  {
    account: 'lena.legal',
    printedName: 'Lena Legal',
    roles: ['legal'],
    team: 'legal',
    algorithm: 'ecdsa-p256-sha256',
  },
  {
    account: 'cora.compliance',
    printedName: 'Cora Compliance',
    roles: ['compliance'],
    team: 'compliance',
  },
  { account: 'eve.executive', printedName: 'Eve Executive', roles: ['executive'], team: 'board' },
  {
    account: 'olaf.operator',
    printedName: 'Olaf Operator',
    roles: ['operator'],
    team: 'operations',
  },
  { account: 'aura.auditor', printedName: 'Aura Auditor', roles: ['auditor'], team: 'audit' },
];

export function passphraseOf(account: string): string {
  return `${account} ${PASSPHRASE_SUFFIX}`;
}

export const CAST: readonly FoundingPerson[] = PARTS.map((part) => ({
  ...part,
  passphrase: passphraseOf(part.account),
  password: `${part.account} demonstration password`,
}));
