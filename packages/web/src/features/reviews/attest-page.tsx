// SPDX-License-Identifier: Apache-2.0
import { reviewsRoutes } from '@countersign/contract';
import { useQuery } from '@tanstack/react-query';
import { getRouteApi, Link, useNavigate } from '@tanstack/react-router';
import { call } from '../../api/client.ts';
import { recordQuery } from '../../api/registry.ts';
import { useAbility } from '../../shell/abilities.tsx';
import { type Fact, Facts } from '../../shell/facts.tsx';
import { Day } from '../../shell/finding.tsx';
import { ActForm } from '../../shell/form/act-form.tsx';
import type { Field } from '../../shell/form/field.ts';
import { Page } from '../../shell/page.tsx';
import { Panel } from '../../shell/panel.tsx';
import { labelOf } from '../../shell/signing/statement-words.tsx';
import { Empty, Loading, Problem } from '../../shell/states.tsx';
import { useEscape } from '../../shell/use-escape.ts';
import { Words } from '../../shell/words.tsx';

const route = getRouteApi('/signed-in/reviews/attest/$campaign/$model');

function campaignQuery(campaign: string) {
  return {
    queryKey: ['campaign', campaign],
    queryFn: ({ signal }: { readonly signal: AbortSignal }) =>
      call(reviewsRoutes.campaigns, { query: { campaign }, signal }),
  } as const;
}

/** An owner confirms or disputes the inventory entry in force, which stands above the form. */
export function AttestPage() {
  const { campaign, model } = route.useParams();
  const navigate = useNavigate();
  useEscape(() => void navigate({ to: '/inbox' }));
  const { data, error } = useQuery(campaignQuery(campaign));
  const [known] = data?.campaigns ?? [];
  const asked = known?.answers.find((one) => one.model === model);
  return (
    <Page
      title={`Attest ${model}`}
      lede={
        known === undefined ? undefined : (
          <>
            {known.title}, due <Day at={known.due} />.
          </>
        )
      }
    >
      {error === null ? null : <Problem error={error} />}
      {data === undefined && error === null ? <Loading what="Reading the campaign…" /> : null}
      {data !== undefined && asked === undefined ? (
        <Empty title="Nothing is asked about this model here">
          <p>The campaign has not been opened, or no inventory entry is in force.</p>
        </Empty>
      ) : null}
      {asked === undefined ? null : <Entry digest={asked.entry} model={model} />}
      {asked === undefined ? null : <Attesting campaign={campaign} model={model} />}
    </Page>
  );
}

function Entry({ digest, model }: { readonly digest: string; readonly model: string }) {
  const { data } = useQuery(recordQuery(digest));
  const content = contentOf(data?.statement);
  return (
    <Panel title="The entry in force">
      <Facts
        facts={[
          [
            'Model',
            <Link key="m" to="/models/$model" params={{ model }}>
              {model}
            </Link>,
          ],
          ...Object.entries(content).map(([name, value]): Fact => [labelOf(name), shown(value)]),
        ]}
      />
    </Panel>
  );
}

function shown(value: unknown): string {
  if (Array.isArray(value)) return value.map(shown).join(', ');
  return typeof value === 'object' && value !== null
    ? Object.values(value).map(shown).join(', ')
    : String(value);
}

function contentOf(statement: unknown): Readonly<Record<string, unknown>> {
  const { predicate } = (statement ?? {}) as {
    readonly predicate?: { readonly content?: Readonly<Record<string, unknown>> };
  };
  return predicate?.content ?? {};
}

const FIELDS: readonly Field[] = [
  {
    kind: 'choice',
    name: 'answer',
    label: 'Your answer',
    choices: [
      { value: 'confirmed', label: 'confirmed: the entry is right' },
      { value: 'disputed', label: 'disputed: the note says what is wrong' },
    ],
  },
  {
    kind: 'text',
    name: 'note',
    label: 'Note',
    description: 'What was looked at, or what is wrong.',
  },
];

function Attesting({ campaign, model }: { readonly campaign: string; readonly model: string }) {
  const ability = useAbility({ model, campaign }, 'attest');
  if (ability === undefined) return <Loading what="Asking what you can do…" />;
  if (!ability.allowed) {
    return (
      <Empty title="It is not yours to answer">
        <p>
          <Words text={ability.why ?? ''} />
        </p>
      </Empty>
    );
  }
  return (
    <ActForm
      name={`attest/${campaign}/${model}`}
      fields={FIELDS}
      initial={{}}
      toAct={({ answer, note }) => ({ act: 'attest', model, campaign, answer, note })}
      after={<Link to="/inbox">Back to your inbox</Link>}
    />
  );
}
