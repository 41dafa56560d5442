// SPDX-License-Identifier: Apache-2.0
import type { EvidenceReply } from '@countersign/contract';
import { Checkbox } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import { evidenceQuery, type VersionAsked } from '../../api/registry.ts';
import { Mark, type Tone } from '../../shell/mark.tsx';
import { Panel } from '../../shell/panel.tsx';
import { Loading, Problem } from '../../shell/states.tsx';
import { typeWords } from '../../shell/type-words.ts';

type Framework = EvidenceReply['frameworks'][number];
type Clause = Framework['clauses'][number];
type Status = Clause['status'];

/** The words of the design; their tone says whether somebody must act. */
const TONES: { readonly [status in Status]: Tone } = {
  met: 'pass',
  carried: 'pass',
  stale: 'wait',
  expired: 'fail',
  missing: 'fail',
  waived: 'wait',
  'not yet due': 'none',
  'not applicable': 'none',
};

export function EvidencePanel(asked: VersionAsked) {
  const { data, error, refetch } = useQuery(evidenceQuery(asked));
  const [isLacking, setIsLacking] = useState(true);
  const inScope = data?.frameworks.filter((one) => one.inScope) ?? [];
  return (
    <Panel title="Evidence by clause">
      {error === null ? null : <Problem error={error} onRetry={() => void refetch()} />}
      {data === undefined && error === null ? <Loading what="Judging the clauses…" /> : null}
      {data !== undefined && inScope.length === 0 ? (
        <div className="muted">
          No framework is in scope for this use. Model risk determines it with{' '}
          <code>countersign propose</code>.
        </div>
      ) : null}
      {inScope.length === 0 ? null : (
        <div className="tight">
          <Checkbox
            label="Only what somebody must act on"
            checked={isLacking}
            onChange={({ currentTarget }) => setIsLacking(currentTarget.checked)}
          />
          {inScope.map((one) => (
            <FrameworkClauses key={one.framework} framework={one} isLacking={isLacking} />
          ))}
        </div>
      )}
    </Panel>
  );
}

function FrameworkClauses({
  framework,
  isLacking,
}: {
  readonly framework: Framework;
  readonly isLacking: boolean;
}) {
  const clauses = isLacking
    ? framework.clauses.filter(({ status }) => !['pass', 'none'].includes(TONES[status]))
    : framework.clauses;
  return (
    <details className="framework" open={framework.blocking > 0 || isLacking}>
      <summary>
        <strong>{framework.framework}</strong> {framework.packVersion}, {framework.tier} tier:{' '}
        {summaryOf(framework)}
      </summary>
      {clauses.length === 0 ? (
        <p className="muted">Nothing of this framework waits for anybody.</p>
      ) : (
        <table className="grid folds">
          <thead>
            <tr>
              <th scope="col">Clause</th>
              <th scope="col">Status</th>
              <th scope="col">Evidence</th>
            </tr>
          </thead>
          <tbody>
            {clauses.map((clause) => (
              <ClauseRow key={clause.clause} clause={clause} />
            ))}
          </tbody>
        </table>
      )}
    </details>
  );
}

function summaryOf({ clauses, blocking }: Framework): string {
  const met = clauses.filter(({ status }) => TONES[status] === 'pass').length;
  const held =
    blocking === 0 ? 'nothing blocks' : `${blocking} ${blocking === 1 ? 'blocks' : 'block'}`;
  return `${met} of ${clauses.length} clauses met, ${held}`;
}

function ClauseRow({ clause }: { readonly clause: Clause }) {
  return (
    <tr>
      <td>
        <strong>{clause.ref}</strong> <span className="small muted">{clause.clause}</span>
        <div className="small muted">{clause.requirement}</div>
      </td>
      <td data-label="Status">
        <Mark tone={TONES[clause.status]} text={clause.status} />
        {clause.blocks ? <div className="small">blocks</div> : null}
      </td>
      <td data-label="Evidence">
        <ul className="plain">
          {clause.evidence.map((one) => (
            <li key={`${one.id} ${one.kind ?? ''}`}>
              {typeWords(one.id)}
              {one.kind === undefined ? '' : ` (${one.kind})`}{' '}
              <span className="small muted">
                {one.status}
                {told(one)}
              </span>
              <RecordLinks digests={one.records} />
              {(one.shortfalls ?? []).map((sentence) => (
                <div key={sentence} className="small">
                  {sentence}
                </div>
              ))}
            </li>
          ))}
        </ul>
      </td>
    </tr>
  );
}

/** Since when it stands, where it was carried from, who waived it, when it is due. */
function told({ status, due, since, carriedFrom, until, waivedBy }: Clause['evidence'][number]) {
  const day = (time: string) => time.slice(0, 10);
  if (waivedBy !== undefined) {
    const end = waivedBy.until === undefined ? '' : ` until ${day(waivedBy.until)}`;
    return ` by ${waivedBy.accounts.join(', ')}${end}`;
  }
  if (status === 'not yet due') return `, due at ${due}`;
  if (status === 'expired') return until === undefined ? '' : ` on ${day(until)}`;
  if (since === undefined) return '';
  const from = carriedFrom === undefined ? '' : ` from version ${carriedFrom}`;
  return ` since ${day(since)}${from}`;
}

/** Beyond these the list of records below serves better. */
const LINKS_MAX = 4;

function RecordLinks({ digests }: { readonly digests: readonly string[] }) {
  return (
    <>
      {digests.slice(0, LINKS_MAX).map((digest) => (
        <span key={digest}>
          {' '}
          <Link to="/records/$digest" params={{ digest }} className="mono">
            {digest.slice(0, 8)}
          </Link>
        </span>
      ))}
      {digests.length > LINKS_MAX ? (
        <span className="small muted"> and {digests.length - LINKS_MAX} more</span>
      ) : null}
    </>
  );
}
