// SPDX-License-Identifier: Apache-2.0
import type { PaperStartReply } from '@countersign/contract';
import { PAPER_FORMS } from '@countersign/kernel';
import { useQuery } from '@tanstack/react-query';
import { getRouteApi, Link, useNavigate } from '@tanstack/react-router';
import { type PapersAsked, paperStartQuery } from '../../api/statements.ts';
import { ActForm } from '../../shell/form/act-form.tsx';
import { type Field, given } from '../../shell/form/field.ts';
import { Page } from '../../shell/page.tsx';
import { Empty, Loading, Problem } from '../../shell/states.tsx';
import { PaperEditor } from './paper-editor.tsx';

const route = getRouteApi('/signed-in/evidence/$paper');

interface About extends PapersAsked {
  readonly dataset?: string | undefined;
}

/** One paper: an editor that begins with the words in force or with what records say. */
export function PaperPage() {
  const { paper } = route.useParams();
  const { model, use, version, dataset } = route.useSearch();
  const form = PAPER_FORMS.find(({ evidence }) => evidence === paper);
  if (form === undefined || model === undefined) {
    return (
      <Page title="Paper">
        <Empty title="No such paper">
          <p>
            <Link to="/evidence">Choose what to write</Link>
          </p>
        </Empty>
      </Page>
    );
  }
  // The act names what the form is about and no more, so that the statement says all of it.
  const about = {
    model,
    use: form.scope === 'use' || form.scope === 'version' ? use : undefined,
    version: form.scope === 'version' ? version : undefined,
    dataset: form.scope === 'dataset' ? dataset : undefined,
  };
  return <Writing key={paper} form={form} about={about} asked={{ model, use, version }} />;
}

interface WritingProps {
  readonly form: (typeof PAPER_FORMS)[number];
  readonly about: About;
  /** Where it was come from. */
  readonly asked: PapersAsked;
}

function Writing({ form, about, asked }: WritingProps) {
  const navigate = useNavigate();
  const { evidence, title } = form;
  const { data, error } = useQuery(paperStartQuery({ evidence, ...asked, dataset: about.dataset }));
  const back = (
    <Link to="/evidence" search={asked}>
      Back to the papers
    </Link>
  );
  return (
    <Page
      title={`${title}: ${about.dataset ?? about.model}`}
      lede={
        <>
          {data === undefined ? '' : beginning(data)} {back}
        </>
      }
    >
      {error === null ? null : <Problem error={error} onRetry={() => void navigate({ to: '.' })} />}
      {data === undefined && error === null ? <Loading what="Reading what records say…" /> : null}
      {data === undefined ? null : (
        <ActForm
          name={`paper/${evidence}/${Object.values(about).filter(Boolean).join('/')}`}
          fields={FIELDS}
          hidden={HIDDEN}
          initial={{ title: data.title, body: data.body, expires: '' }}
          toAct={(values) => ({
            act: 'paper',
            evidence,
            ...about,
            title: values.title,
            body: values.body,
            expires: given(values.expires),
          })}
          renderMore={(draft, problems) => (
            <PaperEditor
              value={String(draft.values.body ?? '')}
              problem={problems.get('body')}
              onChange={(body) => draft.set('body', body)}
            />
          )}
          after={back}
        />
      )}
    </Page>
  );
}

const FIELDS: readonly Field[] = [
  { kind: 'line', name: 'title', label: 'Title' },
  {
    kind: 'day',
    name: 'expires',
    label: 'In force until',
    description: 'It counts as expired afterwards.',
    isOptional: true,
  },
];

const HIDDEN = [{ name: 'body', places: ['content.sections', 'body.dataset', 'body.version'] }];

function beginning({ inForce, sources }: PaperStartReply) {
  if (inForce !== undefined) {
    return (
      <>
        It begins with the{' '}
        <Link to="/records/$digest" params={{ digest: inForce }}>
          words in force
        </Link>
        : change what has changed.
      </>
    );
  }
  return sources.length === 0
    ? 'Records say nothing about it yet: the headings are yours to fill.'
    : `It begins with what ${sources.length === 1 ? 'one record says' : `${sources.length} records say`}, each named; the rest is yours.`;
}
