// SPDX-License-Identifier: Apache-2.0
import type { ReviewsReply } from '@countersign/contract';
import { opensFinding, REVIEW_OUTCOMES } from '@countersign/kernel';
import { useQuery } from '@tanstack/react-query';
import { getRouteApi, Link, useNavigate } from '@tanstack/react-router';
import { reviewsQuery } from '../../api/registry.ts';
import { useAbility } from '../../shell/abilities.tsx';
import { Facts } from '../../shell/facts.tsx';
import { ActForm } from '../../shell/form/act-form.tsx';
import { type Field, given, linesOf } from '../../shell/form/field.ts';
import type { Values } from '../../shell/form/kept-draft.ts';
import { Page } from '../../shell/page.tsx';
import { Panel } from '../../shell/panel.tsx';
import { Empty, Loading, Problem } from '../../shell/states.tsx';
import { TierMark } from '../../shell/tier.tsx';
import { Time } from '../../shell/time.tsx';
import { useEscape } from '../../shell/use-escape.ts';
import { Words } from '../../shell/words.tsx';

const route = getRouteApi('/signed-in/reviews/$model/$use');

type Review = ReviewsReply['reviews'][number];

/** The outcome of a review of one use, with why; what follows from it is shown and signed with it. */
export function ReviewRecordPage() {
  const { model, use } = route.useParams();
  const navigate = useNavigate();
  useEscape(() => void navigate({ to: '/reviews' }));
  const { data, error, refetch } = useQuery(reviewsQuery);
  const review = data?.reviews.find((one) => one.model === model && one.use === use);
  return (
    <Page
      title={`Review ${model} for ${use}`}
      lede={
        <>
          By somebody who built no version of it: it stands, or what follows.{' '}
          <Link to="/reviews">All reviews</Link>
        </>
      }
    >
      {error === null ? null : <Problem error={error} onRetry={() => void refetch()} />}
      {data === undefined && error === null ? <Loading what="Reading what is due…" /> : null}
      {review === undefined ? null : <Standing review={review} />}
      {data === undefined ? null : <Recording model={model} use={use} />}
    </Page>
  );
}

function Standing({ review }: { readonly review: Review }) {
  const { model, triggers, last, due } = review;
  return (
    <Panel title="What calls for it">
      <Facts
        facts={[
          [
            'Model',
            <Link key="m" to="/models/$model" params={{ model }}>
              {model}
            </Link>,
          ],
          ['Tier', <TierMark key="t" tier={review.tier} />],
          ['Due', due === undefined ? 'not before it is in use' : <Time key="d" at={due} />],
          [
            'Since then',
            triggers.length === 0 ? undefined : (
              <ul key="c" className="plain">
                {triggers.map(({ record, text }) => (
                  <li key={record}>
                    <Link to="/records/$digest" params={{ digest: record }}>
                      <Words text={text} />
                    </Link>
                  </li>
                ))}
              </ul>
            ),
          ],
          [
            'Last review',
            last === undefined ? (
              'never'
            ) : (
              <span key="l">
                <Link to="/records/$digest" params={{ digest: last.digest }}>
                  {last.content.outcome}
                </Link>{' '}
                by {last.by}, <Time at={last.at} />: {last.content.rationale}
              </span>
            ),
          ],
        ]}
      />
    </Panel>
  );
}

const MEANINGS: { readonly [outcome in (typeof REVIEW_OUTCOMES)[number]]: string } = {
  stands: 'stands: nothing follows',
  revalidate: 'revalidate: opens a finding that blocks',
  restrict: 'restrict: suspends live warrants and opens a finding that blocks',
  retire: 'retire: ends live warrants',
};

function fieldsOf(model: string): readonly Field[] {
  return [
    {
      kind: 'choice',
      name: 'outcome',
      label: 'Outcome',
      choices: REVIEW_OUTCOMES.map((value) => ({ value, label: MEANINGS[value] })),
    },
    { kind: 'text', name: 'rationale', label: 'Rationale' },
    {
      kind: 'records',
      name: 'evidence',
      model,
      label: 'What was looked at',
      isOptional: true,
    },
    {
      kind: 'person',
      name: 'owner',
      label: 'Who answers the finding it opens',
      isAsked: opens,
    },
    {
      kind: 'day',
      name: 'due',
      label: 'Until when',
      description: 'Of that finding; 90 days from now unless you say another.',
      isOptional: true,
      isAsked: opens,
    },
  ];
}

/** Where the outcome opens no finding there is nobody to answer it. */
function opens({ outcome }: Values): boolean {
  return REVIEW_OUTCOMES.some((one) => one === outcome && opensFinding(one));
}

function Recording({ model, use }: { readonly model: string; readonly use: string }) {
  const ability = useAbility({ model, use }, 'review');
  if (ability === undefined) return <Loading what="Asking what you can do…" />;
  if (!ability.allowed) {
    return (
      <Empty title="You cannot record a review here">
        <p>
          <Words text={ability.why ?? ''} />
        </p>
      </Empty>
    );
  }
  return (
    <ActForm
      name={`review/${model}/${use}`}
      fields={fieldsOf(model)}
      initial={{}}
      toAct={(values) => ({
        act: 'review',
        model,
        use,
        outcome: values.outcome,
        rationale: values.rationale,
        evidence: linesOf(values.evidence),
        ...(opens(values) ? { owner: given(values.owner), due: given(values.due) } : {}),
      })}
      after={
        <>
          <Link to="/reviews">See all reviews</Link>
          <Link to="/models/$model" params={{ model }}>
            See {model}
          </Link>
        </>
      }
    />
  );
}
