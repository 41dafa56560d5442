// SPDX-License-Identifier: Apache-2.0
import { getRouteApi, Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { Page } from '../../shell/page.tsx';
import { UnknownPage } from '../../shell/states.tsx';
import { AttestationsRegister } from './attestations-register.tsx';
import { CommitteesRegister } from './committees-register.tsx';
import { DeputiesRegister } from './deputies-register.tsx';
import { EnvelopesRegister } from './envelopes-register.tsx';
import { ExceptionsRegister } from './exceptions-register.tsx';
import { OverlaysRegister } from './overlays-register.tsx';
import { OverridesRegister } from './overrides-register.tsx';
import { REGISTERS, type RegisterId, registerOf } from './register-search.ts';
import { WorkloadRegister } from './workload-register.tsx';

const route = getRouteApi('/signed-in/registers/$register');

const LEDES: { readonly [id in RegisterId]: string } = {
  overlays:
    'Standing adjustments of what models say: of whom, how much, by whose authority, until when.',
  overrides: 'How often people acted against an answer, by month and reason.',
  exceptions:
    'What was allowed without being met: exceptions, waivers and provisional uses, each until a day.',
  envelopes: 'Bounded changes approved once, in advance, and what is left of each.',
  attestations: 'Campaigns in which owners confirm their inventory entries, and who has answered.',
  workload: 'Validations, reviews and findings that wait for each validator.',
  deputies: 'Who stands in for whom, in which role and for how long.',
  committees: 'Who sits on a committee, by which charter, and what its chair has signed.',
};

const SHOWN: { readonly [id in RegisterId]: () => ReactNode } = {
  overlays: OverlaysRegister,
  overrides: OverridesRegister,
  exceptions: ExceptionsRegister,
  envelopes: EnvelopesRegister,
  attestations: AttestationsRegister,
  workload: WorkloadRegister,
  deputies: DeputiesRegister,
  committees: CommitteesRegister,
};

export function RegistersPage() {
  const id = registerOf(route.useParams().register);
  if (id === undefined) return <UnknownPage />;
  const Shown = SHOWN[id];
  const title = REGISTERS.find((one) => one.id === id)?.label ?? id;
  return (
    <Page title={title} lede={LEDES[id]}>
      <nav className="tabs" aria-label="Registers">
        {REGISTERS.map((one) => (
          <Link key={one.id} to="/registers/$register" params={{ register: one.id }} search={{}}>
            {one.label}
          </Link>
        ))}
      </nav>
      <Shown key={id} />
    </Page>
  );
}
