// SPDX-License-Identifier: Apache-2.0
import { getRouteApi, Link, useNavigate } from '@tanstack/react-router';
import { useAbility } from '../../shell/abilities.tsx';
import { ActForm } from '../../shell/form/act-form.tsx';
import { SubjectForm } from '../../shell/form/subject-form.tsx';
import { Page } from '../../shell/page.tsx';
import { Empty } from '../../shell/states.tsx';
import { useEscape } from '../../shell/use-escape.ts';
import { Words } from '../../shell/words.tsx';
import { OPEN_FIELDS, openSaid } from './finding-steps.ts';

const route = getRouteApi('/signed-in/findings/new');

/** Raising a finding: on what, then what. */
export function FindingOpenPage() {
  const { model, use, version } = route.useSearch();
  const navigate = route.useNavigate();
  const leave = useNavigate();
  useEscape(() => void leave({ to: '/findings' }));
  return (
    <Page
      title="Open a finding"
      lede={
        <>
          Of a use, inherited by its later versions until it is closed.{' '}
          <Link to="/findings">All findings</Link>
        </>
      }
    >
      <SubjectForm
        subject={{ model, use, version }}
        canNameVersion
        onChosen={(subject) => void navigate({ search: subject, replace: true })}
      />
      {model === undefined || use === undefined ? null : (
        <Opening key={`${model} ${use}`} model={model} use={use} version={version} />
      )}
    </Page>
  );
}

interface OpeningProps {
  readonly model: string;
  readonly use: string;
  readonly version: number | undefined;
}

function Opening({ model, use, version }: OpeningProps) {
  const ability = useAbility({ model, use }, 'open-finding');
  if (ability?.allowed === false) {
    return (
      <Empty title="You cannot open a finding here">
        <p>
          <Words text={ability.why ?? ''} />
        </p>
      </Empty>
    );
  }
  return (
    <ActForm
      name={`finding/${model}/${use}/new`}
      fields={OPEN_FIELDS}
      initial={{ source: 'validation', blocking: false }}
      toAct={(values) => ({ act: 'open-finding', model, use, version, ...openSaid(values) })}
      after={
        <Link to="/findings" search={{ model }}>
          See the findings of {model}
        </Link>
      }
    />
  );
}
