// SPDX-License-Identifier: Apache-2.0
import type { FoundingPerson } from '@countersign/server';
import { CAST, passphraseOf } from '../cast.ts';

type Part = Pick<FoundingPerson, 'account' | 'printedName' | 'roles' | 'team'>;

/** A firm of 180 models has more than one owner, one validator and one model risk officer. */
const MORE: readonly Part[] = [
  { account: 'olga.owner', printedName: 'Olga Owner', roles: ['model-owner'], team: 'finance' },
  { account: 'otto.owner', printedName: 'Otto Owner', roles: ['model-owner'], team: 'treasury' },
  { account: 'nina.owner', printedName: 'Nina Owner', roles: ['model-owner'], team: 'fraud-desk' },
  {
    account: 'dirk.developer',
    printedName: 'Dirk Developer',
    roles: ['developer'],
    team: 'modelling',
  },
  { account: 'rita.risk', printedName: 'Rita Risk', roles: ['model-risk'], team: 'model-risk' },
  {
    account: 'vito.validator',
    printedName: 'Vito Validator',
    roles: ['validator'],
    team: 'validation',
  },
];

export const MODEL_RISK_CAST: readonly FoundingPerson[] = [
  ...CAST,
  ...MORE.map((part) => ({
    ...part,
    passphrase: passphraseOf(part.account),
    password: `${part.account} demonstration password`,
  })),
];
