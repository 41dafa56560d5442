// SPDX-License-Identifier: Apache-2.0
import type { PapersReply } from '@countersign/contract';
import { useQuery } from '@tanstack/react-query';
import { getRouteApi, Link } from '@tanstack/react-router';
import { type PapersAsked, papersQuery } from '../../api/statements.ts';
import { type Subject, SubjectForm } from '../../shell/form/subject-form.tsx';
import { LinkButton } from '../../shell/link-button.tsx';
import { Mark, type Tone } from '../../shell/mark.tsx';
import { Page } from '../../shell/page.tsx';
import { Panel } from '../../shell/panel.tsx';
import { Loading, Problem } from '../../shell/states.tsx';
import { Time } from '../../shell/time.tsx';
import { Words } from '../../shell/words.tsx';

const route = getRouteApi('/signed-in/evidence');

type Paper = PapersReply['papers'][number];

/** What people write about a model: each form with what is in force, what was carried forward and what is missing. */
export function PapersPage() {
  const { model, use, version } = route.useSearch();
  const navigate = route.useNavigate();
  const choose = (subject: Subject) => void navigate({ search: subject, replace: true });
  return (
    <Page
      title="Papers"
      lede="What only people can say of a model. Everything else is recorded while work is done."
    >
      <SubjectForm subject={{ model, use, version }} canNameVersion onChosen={choose} />
      {model === undefined ? null : <Papers asked={{ model, use, version }} />}
    </Page>
  );
}

function Papers({ asked }: { readonly asked: PapersAsked }) {
  const { data, error, refetch } = useQuery(papersQuery(asked));
  const { model, use, version } = asked;
  if (error !== null) return <Problem error={error} onRetry={() => void refetch()} />;
  if (data === undefined) return <Loading what="Reading the papers…" />;
  return (
    <>
      <Panel title="Model card">
        <div className="row" style={{ justifyContent: 'space-between' }}>
          <span>The inventory entry: what it is, for what, whose.</span>
          <LinkButton to="/intake/model" search={{ model }} variant="default">
            Revise the entry…
          </LinkButton>
        </div>
      </Panel>
      <div className="panel">
        <ul className="rows">
          {data.papers.map((paper) => (
            <li key={`${paper.evidence} ${paper.dataset ?? ''}`}>
              <PaperLine paper={paper} asked={asked} />
            </li>
          ))}
        </ul>
      </div>
      {use === undefined || version === undefined ? (
        <p className="muted" style={{ margin: 0 }}>
          Choose {use === undefined ? 'a use' : 'a version'} to see the papers about it too.
        </p>
      ) : null}
    </>
  );
}

const TONES: { readonly [state in Paper['state']]: Tone } = {
  missing: 'wait',
  'in force': 'pass',
  carried: 'pass',
  stale: 'fail',
  expired: 'fail',
};

function PaperLine({ paper, asked }: { readonly paper: Paper; readonly asked: PapersAsked }) {
  const { evidence, title, state, record, dataset } = paper;
  const about = aboutOf(paper, asked.model);
  const name = dataset === undefined ? title : `${title} of ${dataset}`;
  return (
    <div className="row" style={{ justifyContent: 'space-between' }}>
      <div style={{ minWidth: 0, flex: '1 1 320px' }}>
        <strong className="wrap">{name}</strong>{' '}
        <span className="muted">
          about {about}, by the {paper.by.replaceAll('-', ' ')}
        </span>
        <div>
          <Mark tone={TONES[state]} text={state === 'carried' ? 'carried forward' : state} />
        </div>
        {record === undefined || paper.at === undefined ? null : (
          <div className="small muted">
            <Link to="/records/$digest" params={{ digest: record }}>
              Signed by {paper.author}
            </Link>{' '}
            <Time at={paper.at} />
            {paper.expires === undefined ? null : (
              <>
                , until <Time at={paper.expires} />
              </>
            )}
          </div>
        )}
        {paper.allowed ? null : (
          <div className="small muted">
            <Words text={paper.why ?? ''} />
          </div>
        )}
      </div>
      {paper.allowed ? (
        <LinkButton
          to="/evidence/$paper"
          params={{ paper: evidence }}
          search={{ ...asked, dataset }}
          variant="default"
          aria-label={`${state === 'missing' ? 'Write' : 'Revise'}: ${name}`}
        >
          {state === 'missing' ? 'Write…' : 'Revise…'}
        </LinkButton>
      ) : null}
    </div>
  );
}

function aboutOf({ scope, use, version, dataset }: Paper, model: string): string {
  if (scope === 'use') return `${model} for ${use}`;
  if (scope === 'version') return `${model}@${version} for ${use}`;
  return scope === 'dataset' ? `the data ${dataset}` : model;
}
