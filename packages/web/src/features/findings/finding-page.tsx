// SPDX-License-Identifier: Apache-2.0
import type { FindingsReply } from '@countersign/contract';
import { isDigest, type Json } from '@countersign/kernel';
import { useQuery } from '@tanstack/react-query';
import { getRouteApi, Link } from '@tanstack/react-router';
import { findingsQuery } from '../../api/registry.ts';
import { abilitiesQuery } from '../../api/statements.ts';
import { WhyNot } from '../../shell/abilities.tsx';
import { Digest } from '../../shell/digest.tsx';
import { type Fact, Facts } from '../../shell/facts.tsx';
import { Due, FindingStatus, findingOf } from '../../shell/finding.tsx';
import { LinkButton } from '../../shell/link-button.tsx';
import { Page } from '../../shell/page.tsx';
import { Panel } from '../../shell/panel.tsx';
import { labelOf } from '../../shell/signing/statement-words.tsx';
import { Empty, Loading, Problem } from '../../shell/states.tsx';
import { Time } from '../../shell/time.tsx';
import { STEP_FORMS, STEPS } from './finding-steps.ts';

type Entry = FindingsReply['findings'][number];

const route = getRouteApi('/signed-in/findings/$model/$id');

/** One finding by its address: what it is, what was done about it, and what the reader can do. */
export function FindingPage() {
  const { model, id } = route.useParams();
  const { data, error, refetch } = useQuery(findingsQuery(model));
  const entry = data?.findings.find((one) => one.id === id);
  if (entry !== undefined) return <Finding entry={entry} />;
  return (
    <Page title={`${model} ${id}`}>
      {error === null ? null : <Problem error={error} onRetry={() => void refetch()} />}
      {data === undefined && error === null ? <Loading what="Reading the finding…" /> : null}
      {data === undefined ? null : (
        <Empty title="No such finding">
          <p>
            {model} has none of this number. <Link to="/findings">See the register</Link>
          </p>
        </Empty>
      )}
    </Page>
  );
}

function Finding({ entry }: { readonly entry: Entry }) {
  const shown = findingOf(entry.content);
  const { model, version, use, id } = entry;
  return (
    <Page
      title={`${id}: ${shown.title}`}
      lede={
        <>
          A finding on{' '}
          {version === undefined ? (
            <Link to="/models/$model" params={{ model }}>
              {model}
            </Link>
          ) : (
            <Link
              to="/models/$model/versions/$version"
              params={{ model, version }}
              search={{ use }}
            >
              {model}@{version}
            </Link>
          )}
          {use === undefined ? '' : ` for ${use}`}, raised by {entry.raisedBy} on{' '}
          <Time at={entry.raisedAt} />. <Link to="/findings">All findings</Link>
        </>
      }
    >
      <Actions model={model} id={id} />
      <Panel title="What it is">
        <Facts
          facts={[
            ['State', <FindingStatus key="s" status={shown.status} isOverdue={entry.overdue} />],
            ['Severity', `${shown.severity}${entry.blocking ? ', blocks promotion' : ''}`],
            ['Owner', shown.owner],
            ['Due', <Due key="d" at={shown.due} />],
            ['From', shown.source],
            ...told(entry.content),
          ]}
        />
      </Panel>
      <History entry={entry} />
    </Page>
  );
}

/** Said above already, or of the record and not of the finding. */
const SHOWN = new Set(['id', 'title', 'status', 'severity', 'blocking', 'owner', 'due', 'source']);

/** Every other member in words, in the order of the record. */
function told(content: Json): readonly Fact[] {
  if (typeof content !== 'object' || content === null || Array.isArray(content)) return [];
  return Object.entries(content)
    .filter(([name]) => !SHOWN.has(name))
    .map(([name, value]): Fact => [labelOf(name), <Told key={name} value={value} />]);
}

function Told({ value }: { readonly value: Json }) {
  if (typeof value === 'string') {
    return isDigest(value) ? <Record digest={value} /> : <span className="said">{value}</span>;
  }
  if (Array.isArray(value)) {
    return (
      <ul className="plain">
        {value.map((one) => (
          <li key={JSON.stringify(one)}>
            <Told value={one} />
          </li>
        ))}
      </ul>
    );
  }
  if (typeof value !== 'object' || value === null) return <>{String(value)}</>;
  return (
    <Facts
      facts={Object.entries(value).map(
        ([name, one]): Fact => [
          labelOf(name),
          name === 'from' || name === 'expires' ? (
            <Due key={name} at={String(one)} />
          ) : (
            <Told key={name} value={one} />
          ),
        ],
      )}
    />
  );
}

function Record({ digest }: { readonly digest: string }) {
  return (
    <Link to="/records/$digest" params={{ digest }}>
      <code>{digest.slice(0, 12)}</code>
    </Link>
  );
}

const NAMES = Object.fromEntries(
  STEPS.map((step) => [STEP_FORMS[step].act, STEP_FORMS[step].verb]),
);

function Actions({ model, id }: { readonly model: string; readonly id: string }) {
  const { data, error } = useQuery(abilitiesQuery({ model, finding: id }));
  if (error !== null) return <Problem error={error} />;
  if (data === undefined) return <Loading what="Asking what you can do…" />;
  const open = STEPS.filter((step) =>
    data.acts.some(({ act, allowed }) => allowed && act === STEP_FORMS[step].act),
  );
  return (
    <Panel title="What you can do">
      <div className="tight">
        {open.length === 0 ? (
          <div className="muted">Nothing now, with your keys and in this state.</div>
        ) : (
          <div className="row">
            {open.map((step, place) => (
              <LinkButton
                key={step}
                to="/findings/$model/$id/$step"
                params={{ model, id, step }}
                variant={place === 0 ? 'filled' : 'default'}
              >
                {STEP_FORMS[step].verb}…
              </LinkButton>
            ))}
          </div>
        )}
        <WhyNot abilities={data.acts} names={NAMES} />
      </div>
    </Panel>
  );
}

function History({ entry }: { readonly entry: Entry }) {
  return (
    <Panel title={`What was recorded of it (${entry.history.length})`}>
      <table className="grid folds">
        <thead>
          <tr>
            <th scope="col">State</th>
            <th scope="col">By</th>
            <th scope="col">When</th>
            <th scope="col">Record</th>
          </tr>
        </thead>
        <tbody>
          {entry.history.map((one) => (
            <tr key={one.digest}>
              <td>
                <Link to="/records/$digest" params={{ digest: one.digest }}>
                  {one.status}
                </Link>
              </td>
              <td data-label="By">{one.actor}</td>
              <td data-label="When">
                <Time at={one.at} />
              </td>
              <td data-label="Record">
                <Digest value={one.digest} of={`the record that made it ${one.status}`} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </Panel>
  );
}
