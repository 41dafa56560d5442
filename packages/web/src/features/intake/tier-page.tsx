// SPDX-License-Identifier: Apache-2.0
import { policyRoutes, recordRoutes } from '@countersign/contract';
import { type Questionnaire, type RiskTierContent, readQuestionnaire } from '@countersign/kernel';
import { useQuery } from '@tanstack/react-query';
import { getRouteApi, Link, useNavigate } from '@tanstack/react-router';
import { call } from '../../api/client.ts';
import { useAbility } from '../../shell/abilities.tsx';
import { ActForm } from '../../shell/form/act-form.tsx';
import { SubjectForm } from '../../shell/form/subject-form.tsx';
import { Page } from '../../shell/page.tsx';
import { Empty, Loading, Problem } from '../../shell/states.tsx';
import { useEscape } from '../../shell/use-escape.ts';
import { Words } from '../../shell/words.tsx';
import { QuestionnairePart } from './questionnaire-part.tsx';
import { answerName, TIER_FIELDS, tierSaid, tierValues } from './tier-form.ts';

const route = getRouteApi('/signed-in/intake/tier');

/** The tier of a use, from the questionnaire in force, computed in the browser as it is answered. */
export function TierPage() {
  const { model, use } = route.useSearch();
  const navigate = route.useNavigate();
  const leave = useNavigate();
  useEscape(() => void leave({ to: '/intake' }));
  return (
    <Page
      title="Tier a use"
      lede={
        <>
          The questionnaire computes, model risk signs. <Link to="/intake">All of intake</Link>
        </>
      }
    >
      <SubjectForm
        subject={{ model, use }}
        onChosen={(subject) =>
          void navigate({ search: { model: subject.model, use: subject.use }, replace: true })
        }
      />
      {model === undefined || use === undefined ? null : (
        <Tiering key={`${model} ${use}`} model={model} use={use} />
      )}
    </Page>
  );
}

/** The questionnaire in force, and what the tier before said. */
function tierQuery(model: string, use: string) {
  return {
    queryKey: ['tier-form', model, use],
    refetchOnWindowFocus: false,
    queryFn: async ({ signal }: { readonly signal: AbortSignal }) => {
      const [policy, { records }] = await Promise.all([
        call(policyRoutes.inForce, { query: { kind: 'questionnaire' }, signal }),
        call(recordRoutes.list, { query: { type: 'risk-tier', model, use }, signal }),
      ]);
      const newest = records[0];
      const before =
        newest === undefined
          ? undefined
          : await call(recordRoutes.get, { params: { digest: newest.digest }, signal });
      return { questionnaire: readQuestionnaire(policy.document), before: contentOf(before) };
    },
  } as const;
}

function contentOf(reply: unknown): Partial<RiskTierContent> | undefined {
  const { statement } = (reply ?? {}) as {
    readonly statement?: { readonly predicate: { readonly content: Partial<RiskTierContent> } };
  };
  return statement?.predicate.content;
}

function Tiering({ model, use }: { readonly model: string; readonly use: string }) {
  const ability = useAbility({ model, use }, 'tier');
  const { data, error } = useQuery(tierQuery(model, use));
  if (error !== null) return <Problem error={error} />;
  if (ability?.allowed === false) {
    return (
      <Empty title="You cannot tier a use">
        <p>
          <Words text={ability.why ?? ''} />
        </p>
      </Empty>
    );
  }
  if (data === undefined || ability === undefined)
    return <Loading what="Reading the questionnaire in force…" />;
  return <TierForm model={model} use={use} {...data} />;
}

interface TierFormProps {
  readonly model: string;
  readonly use: string;
  readonly questionnaire: Questionnaire;
  readonly before: Partial<RiskTierContent> | undefined;
}

function TierForm({ model, use, questionnaire, before }: TierFormProps) {
  const questions = questionnaire.questions.map(({ id }) => ({
    kind: 'line' as const,
    name: answerName(id),
    label: '',
  }));
  const overrides = ['tier', 'override'].map((name) => ({
    kind: 'line' as const,
    name,
    label: '',
  }));
  return (
    <ActForm
      name={`tier/${model}/${use}`}
      fields={TIER_FIELDS}
      hidden={[...questions, ...overrides]}
      initial={tierValues(questionnaire, before)}
      toAct={(values) => ({ act: 'tier', model, use, ...tierSaid(questionnaire, values) })}
      renderFirst={(draft, problems) => (
        <QuestionnairePart
          questionnaire={questionnaire}
          before={before?.tier}
          draft={draft}
          problems={problems}
        />
      )}
      after={
        <>
          <Link to="/models/$model" params={{ model }}>
            See {model}
          </Link>
          <Link to="/evidence" search={{ model, use }}>
            Write its papers
          </Link>
        </>
      }
    />
  );
}
