// SPDX-License-Identifier: Apache-2.0
import type { PreparedReply } from '@countersign/contract';
import { CHANGE_CLASSES } from '@countersign/kernel';
import { getRouteApi, Link, useNavigate } from '@tanstack/react-router';
import { useAbility } from '../../shell/abilities.tsx';
import { ActForm } from '../../shell/form/act-form.tsx';
import { choicesOf, type Field, given } from '../../shell/form/field.ts';
import { SubjectForm } from '../../shell/form/subject-form.tsx';
import { Mark } from '../../shell/mark.tsx';
import { Page } from '../../shell/page.tsx';
import { Panel } from '../../shell/panel.tsx';
import { Empty, Loading } from '../../shell/states.tsx';
import { useEscape } from '../../shell/use-escape.ts';
import { Words } from '../../shell/words.tsx';

const route = getRouteApi('/signed-in/changes/new');

/** A change request: which version, where to, why, what it touches and how it is undone. */
export function SubmitPage() {
  const { model, use, version } = route.useSearch();
  const navigate = route.useNavigate();
  const leave = useNavigate();
  useEscape(() => void leave({ to: '/changes' }));
  return (
    <Page
      title="Propose a change"
      lede={
        <>
          Freezes artefact, evidence, policy and packs as they stand now; the gates judge it at
          once. <Link to="/changes">All change requests</Link>
        </>
      }
    >
      <SubjectForm
        subject={{ model, use, version }}
        mustNameVersion
        onChosen={(subject) => void navigate({ search: subject, replace: true })}
      />
      {model === undefined || use === undefined || version === undefined ? null : (
        <Submitting key={`${model} ${use} ${version}`} model={model} use={use} version={version} />
      )}
    </Page>
  );
}

const FIELDS: readonly Field[] = [
  {
    kind: 'choice',
    name: 'transition',
    label: 'To',
    choices: choicesOf(['staging', 'production']),
  },
  {
    kind: 'choice',
    name: 'class',
    label: 'Class of change',
    description: 'What each takes is policy’s to say.',
    choices: choicesOf(CHANGE_CLASSES),
  },
  { kind: 'text', name: 'reason', label: 'Reason' },
  { kind: 'text', name: 'impact', label: 'Impact', description: 'Whom and what it touches.' },
  { kind: 'text', name: 'rollback', label: 'Way back', description: 'How it is undone.' },
  {
    kind: 'text',
    name: 'urgency',
    label: 'Urgency',
    description: 'Why it cannot wait.',
    isAsked: (values) => values.class === 'emergency',
  },
  {
    kind: 'line',
    name: 'envelope',
    label: 'Envelope',
    description: 'Digest of the approved envelope that the change stays inside.',
    isOptional: true,
  },
];

interface SubmittingProps {
  readonly model: string;
  readonly use: string;
  readonly version: number;
}

function Submitting({ model, use, version }: SubmittingProps) {
  const ability = useAbility({ model, use, version }, 'submit');
  if (ability === undefined) return <Loading what="Asking what you can do…" />;
  if (!ability.allowed) {
    return (
      <Empty title="You cannot propose this change">
        <p>
          <Words text={ability.why ?? ''} />
        </p>
      </Empty>
    );
  }
  return (
    <ActForm
      name={`change/${model}/${use}/${version}`}
      fields={FIELDS}
      initial={{ class: 'standard' }}
      toAct={(values) => ({
        act: 'submit',
        model,
        use,
        version,
        transition: values.transition,
        class: given(values.class),
        reason: values.reason,
        impact: values.impact,
        rollback: values.rollback,
        urgency: values.class === 'emergency' ? given(values.urgency) : undefined,
        envelope: given(values.envelope),
      })}
      renderPrepared={(prepared) => <Gates prepared={prepared} />}
      after={<Link to="/changes">See the change requests</Link>}
    />
  );
}

/** What the gates say of it as it stands: a request is opened also where conditions do not hold yet. */
function Gates({ prepared }: { readonly prepared: PreparedReply }) {
  const { verdict, changes } = prepared;
  if (verdict === undefined) return null;
  const failing = verdict.conditions.filter(({ outcome }) => outcome !== 'pass');
  return (
    <Panel title="What its gates say now" tone={failing.length === 0 ? 'pass' : 'wait'}>
      <div className="tight">
        <Mark
          tone={failing.length === 0 ? 'pass' : 'wait'}
          text={
            failing.length === 0
              ? holding(verdict.conditions.length)
              : `${failing.length} of ${verdict.conditions.length} conditions do not hold yet`
          }
        />
        {failing.length === 0 ? null : (
          <ul style={{ margin: 0 }}>
            {failing.map(({ id, outcome, reasons }) => (
              <li key={id} className="wrap">
                <Words text={[`${id}: ${outcome}`, ...reasons].join('; ')} />
              </li>
            ))}
          </ul>
        )}
        {changes === undefined ? null : (
          <div>
            Computed: {changes.verdict.materiality}
            {changes.verdict.reasons.length === 0
              ? ''
              : ` (${changes.verdict.reasons.map(({ reason }) => reason).join('; ')})`}
          </div>
        )}
      </div>
    </Panel>
  );
}

function holding(count: number): string {
  if (count === 0) return 'Policy sets no condition for this phase';
  return count === 1
    ? 'The one condition of this phase holds'
    : `All ${count} conditions of this phase hold`;
}
