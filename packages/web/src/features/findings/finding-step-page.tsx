// SPDX-License-Identifier: Apache-2.0
import { useQuery } from '@tanstack/react-query';
import { getRouteApi, Link, useNavigate } from '@tanstack/react-router';
import { findingsQuery } from '../../api/registry.ts';
import { abilitiesQuery } from '../../api/statements.ts';
import { useAbility } from '../../shell/abilities.tsx';
import { findingOf } from '../../shell/finding.tsx';
import { ActForm } from '../../shell/form/act-form.tsx';
import { Page } from '../../shell/page.tsx';
import { Empty, Loading, Problem } from '../../shell/states.tsx';
import { useEscape } from '../../shell/use-escape.ts';
import { Words } from '../../shell/words.tsx';
import { STEP_FORMS, STEPS, type Step } from './finding-steps.ts';

const route = getRouteApi('/signed-in/findings/$model/$id/$step');

/** A step of a finding: written, shown whole, signed. */
export function FindingStepPage() {
  const { model, id, step } = route.useParams();
  const navigate = useNavigate();
  useEscape(() => void navigate({ to: '/findings/$model/$id', params: { model, id } }));
  const known = STEPS.find((one) => one === step);
  if (known === undefined) {
    return (
      <Page title={`${model} ${id}`}>
        <Empty title="No such step">
          <p>
            <Back model={model} id={id} />
          </p>
        </Empty>
      </Page>
    );
  }
  return <StepForm key={`${model} ${id} ${known}`} model={model} id={id} step={known} />;
}

interface StepFormProps {
  readonly model: string;
  readonly id: string;
  readonly step: Step;
}

function StepForm({ model, id, step }: StepFormProps) {
  const { act, verb, lede, fields, said } = STEP_FORMS[step];
  const findings = useQuery(findingsQuery(model));
  const { error } = useQuery(abilitiesQuery({ model, finding: id }));
  const ability = useAbility({ model, finding: id }, act);
  const entry = findings.data?.findings.find((one) => one.id === id);
  const title = entry === undefined ? '' : findingOf(entry.content).title;
  return (
    <Page
      title={`${verb}: ${model} ${id}`}
      lede={
        <>
          {title === '' ? '' : `“${title}”. `}
          {lede} <Back model={model} id={id} />
        </>
      }
    >
      {error === null ? null : <Problem error={error} />}
      {ability === undefined && error === null ? <Loading what="Asking what you can do…" /> : null}
      {ability === undefined || ability.allowed ? null : (
        <Empty title="You cannot do this here">
          <p>
            <Words text={ability.why ?? ''} />
          </p>
        </Empty>
      )}
      {ability?.allowed === true ? (
        <ActForm
          name={`finding/${model}/${id}/${step}`}
          fields={fields(model)}
          initial={{}}
          toAct={(values) => ({ act, model, id, ...said(values) })}
          after={<Back model={model} id={id} />}
        />
      ) : null}
    </Page>
  );
}

function Back({ model, id }: { readonly model: string; readonly id: string }) {
  return (
    <Link to="/findings/$model/$id" params={{ model, id }}>
      Back to the finding
    </Link>
  );
}
