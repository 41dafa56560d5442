// SPDX-License-Identifier: Apache-2.0
import { Button, Checkbox, SegmentedControl, TextInput } from '@mantine/core';
import { useMutation, useQuery } from '@tanstack/react-query';
import { getRouteApi, Link } from '@tanstack/react-router';
import { isForbidden } from '../../api/api-error.ts';
import { firmAsOfQuery } from '../../api/as-of.ts';
import { examPackage, postureQuery } from '../../api/exam.ts';
import { useTrustedRoot } from '../../api/use-trusted-root.ts';
import { downloadBytes } from '../../shell/csv.ts';
import { Digest } from '../../shell/digest.tsx';
import { Facts } from '../../shell/facts.tsx';
import { Day } from '../../shell/finding.tsx';
import { counted } from '../../shell/listed-rows.ts';
import { Page } from '../../shell/page.tsx';
import { Panel } from '../../shell/panel.tsx';
import { Empty, Loading, Problem } from '../../shell/states.tsx';
import { askedOf, type ExamAsked, type ExamSearch } from './exam-search.ts';
import { RegistersInside } from './registers-inside.tsx';

const route = getRouteApi('/signed-in/exam');

export function ExamPage() {
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const show = (next: ExamSearch) => void navigate({ search: next, replace: true });
  const today = new Date().toISOString().slice(0, 10);
  const asked = askedOf(search, today);
  return (
    <Page
      title="Exam package"
      lede="The state at a day and every change of a period, in one file that its reader verifies alone, offline."
    >
      <Panel title="What is asked for">
        <Asked search={search} asked={asked} today={today} onChange={show} />
      </Panel>
      <Download asked={asked} />
      <Told asked={asked} />
      <RegistersInside asked={asked} />
    </Page>
  );
}

interface AskedProps {
  readonly search: ExamSearch;
  readonly asked: ExamAsked;
  readonly today: string;
  readonly onChange: (search: ExamSearch) => void;
}

function Asked({ search, asked, today, onChange }: AskedProps) {
  const days = [
    { name: 'date', label: 'State at the end of', value: asked.date },
    { name: 'from', label: 'Changes from', value: asked.from },
    { name: 'to', label: 'Changes to', value: asked.to },
  ] as const;
  return (
    <div className="tight" style={{ gap: 14 }}>
      <div className="asked">
        {days.map(({ name, label, value }) => (
          <TextInput
            key={name}
            type="date"
            label={label}
            size="sm"
            max={today}
            value={value}
            error={name === 'to' && asked.to < asked.from ? 'before the first day' : undefined}
            onChange={({ currentTarget }) =>
              onChange({ ...search, [name]: currentTarget.value || undefined })
            }
          />
        ))}
        <div>
          <div className="label" id="known">
            By what was known
          </div>
          <SegmentedControl
            aria-labelledby="known"
            bg="var(--cs-sunken)"
            size="sm"
            value={search.known ?? 'now'}
            data={[
              { value: 'then', label: 'As known then' },
              { value: 'now', label: 'As known now' },
            ]}
            onChange={(value) =>
              onChange({ ...search, known: value === 'then' ? 'then' : undefined })
            }
          />
        </div>
      </div>
      <Checkbox
        label="Headers of decision batches as hashes alone"
        description="For a period with very many decisions. That no header is missing is then not proven."
        checked={search.bulk === 'digests'}
        onChange={({ currentTarget: { checked } }) =>
          onChange({ ...search, bulk: checked ? 'digests' : undefined })
        }
      />
      <div className="small muted">Days are in UTC.</div>
    </div>
  );
}

function Download({ asked }: { readonly asked: ExamAsked }) {
  const root = useTrustedRoot();
  const { date, from, to, known, bulk } = asked;
  const name = `exam-${date}.zip`;
  const fetched = useMutation({
    mutationFn: () => examPackage({ date, from, to, known, bulk }),
    onSuccess: ({ bytes }) => downloadBytes(name, 'application/zip', bytes),
  });
  return (
    <Panel title="Download">
      {isForbidden(fetched.error) ? (
        <Empty title="Your roles do not export">
          <p>An auditor, model risk, compliance or an executive does; ask one of them.</p>
        </Empty>
      ) : fetched.error === null ? null : (
        <Problem error={fetched.error} />
      )}
      <div className="row">
        <Button loading={fetched.isPending} disabled={to < from} onClick={() => fetched.mutate()}>
          Download {name}
        </Button>
        {fetched.isPending ? <span className="muted">Gathering records and proofs…</span> : null}
      </div>
      {fetched.data === undefined ? null : (
        <div style={{ marginTop: 14 }}>
          <Facts
            facts={[
              ['Came', `${fetched.data.bytes.length.toLocaleString()} bytes`],
              [
                'SHA-256',
                <Digest key="digest" value={fetched.data.digest} of="the package" isWhole />,
              ],
            ]}
          />
        </div>
      )}
      <p style={{ marginBottom: 4 }}>
        Whoever receives it checks it on a machine of their own, with the founding digest from a
        source of their own:
      </p>
      <pre className="bytes" style={{ marginTop: 0 }}>
        countersign verify {name} --root {root.trusted.root}
      </pre>
    </Panel>
  );
}

/** What the package will say, from the same records: figures to compare its registers with. */
function Told({ asked: { date, known } }: { readonly asked: ExamAsked }) {
  const view = useQuery(firmAsOfQuery({ date, known }));
  const posture = useQuery(postureQuery(date.slice(0, 7), known));
  const error = view.error ?? posture.error;
  const held = view.data?.warrants.filter(({ inEffect }) => inEffect) ?? [];
  const inProduction = held.filter(({ environment }) => environment === 'production');
  return (
    <Panel title="The day in figures">
      {error === null ? null : <Problem error={error} />}
      {error === null && (view.data === undefined || posture.data === undefined) ? (
        <Loading what="Replaying the log…" />
      ) : null}
      {view.data === undefined || posture.data === undefined ? null : (
        <Facts
          facts={[
            [
              'In production',
              <span key="production">
                {counted(inProduction.length, 'version')} of{' '}
                {counted(new Set(inProduction.map(({ model }) => model)).size, 'model')},{' '}
                <Link to="/as-of" search={{ date, ...(known === undefined ? {} : { known }) }}>
                  allowed by whom
                </Link>
              </span>,
            ],
            ['In validation', counted(held.length - inProduction.length, 'version')],
            [
              'Findings open',
              `${posture.data.findings.open}, ${posture.data.findings.overdue.length} overdue`,
            ],
            ['Exceptions running', String(posture.data.exceptions.length)],
            ['Requests of the month', countsOf(posture.data.requests.byState) || 'none'],
            ['Log position', String(view.data.known.index)],
            ['As of', <Day key="day" at={date} />],
          ]}
        />
      )}
    </Panel>
  );
}

function countsOf(counts: Readonly<Record<string, number>>): string {
  return Object.entries(counts)
    .map(([name, count]) => `${count} ${name}`)
    .join(', ');
}
