// SPDX-License-Identifier: Apache-2.0
import { Link } from '@tanstack/react-router';
import type { DataColumn } from '../../shell/data-table.tsx';
import { Digest } from '../../shell/digest.tsx';
import { Mark } from '../../shell/mark.tsx';
import { Time } from '../../shell/time.tsx';
import { typeWords } from '../../shell/type-words.ts';
import type { AsOfWarrant, HeldRow } from './held-rows.ts';

export const heldColumns: readonly DataColumn<HeldRow>[] = [
  {
    id: 'version',
    label: 'Version',
    value: ({ warrant }) => `${warrant.model}@${warrant.version}`,
    show: ({ warrant: { model, version, use } }) => (
      <>
        <Link to="/models/$model/versions/$version" params={{ model, version }} search={{ use }}>
          {model}@{version}
        </Link>
        <div className="small muted">for {use}</div>
      </>
    ),
  },
  {
    id: 'environment',
    label: 'Where',
    value: ({ warrant }) => warrant.environment,
    show: ({ warrant: { environment, warrant, digest } }) => (
      <>
        {environment}
        <div className="small muted">
          <Link to="/records/$digest" params={{ digest }}>
            {warrant} warrant
          </Link>
        </div>
      </>
    ),
  },
  {
    id: 'allowed',
    label: 'Allowed by',
    value: ({ warrant }) =>
      warrant.chain.approvals.map(({ printedName, role }) => `${printedName} (${role})`).join('; '),
    show: ({ warrant }) => <Allowed warrant={warrant} />,
  },
  {
    id: 'validation',
    label: 'On what validation',
    value: ({ warrant }) =>
      warrant.chain.validation
        .map(({ by, outcome }) => `${outcome} by ${by.join(', ')}`)
        .join('; '),
    show: ({ warrant }) => <Validated warrant={warrant} />,
  },
  {
    id: 'standing',
    label: 'Standing',
    value: ({ warrant, differs }) =>
      [warrant.inEffect ? 'in effect' : 'ended since, from before', differs]
        .filter(Boolean)
        .join('; '),
    show: ({ warrant, differs }) => (
      <>
        <Mark
          tone={warrant.inEffect ? 'pass' : 'fail'}
          text={warrant.inEffect ? 'in effect' : 'had ended'}
        />
        {differs === '' ? null : <div className="small">{differs}</div>}
        <Corrections warrant={warrant} />
      </>
    ),
  },
  {
    id: 'artefact',
    label: 'Artefact',
    value: ({ warrant }) => warrant.artifactDigest,
    show: ({ warrant }) => <Digest value={warrant.artifactDigest} of="the artefact" />,
    isWideOnly: true,
  },
];

function Allowed({ warrant: { chain } }: { readonly warrant: AsOfWarrant }) {
  const { approvals, changeRequest } = chain;
  return (
    <>
      {approvals.map(({ digest, printedName, role }) => (
        <div key={digest}>
          <Link to="/records/$digest" params={{ digest }}>
            {printedName}
          </Link>{' '}
          <span className="muted">{role}</span>
        </div>
      ))}
      {approvals.length === 0 ? <span className="muted">nobody: policy asked for none</span> : null}
      {changeRequest === undefined ? null : (
        <div className="small">
          <Link to="/changes/$digest" params={{ digest: changeRequest.digest }}>
            {changeRequest.class} change request
          </Link>
        </div>
      )}
    </>
  );
}

function Validated({ warrant: { chain } }: { readonly warrant: AsOfWarrant }) {
  if (chain.validation.length === 0) return <span className="muted">none</span>;
  return chain.validation.map(({ digest, by, outcome, loggedAt }) => (
    <div key={digest}>
      <Link to="/records/$digest" params={{ digest }}>
        {outcome}
      </Link>{' '}
      by {by.join(', ')}
      <div className="small muted">
        <Time at={loggedAt} />
      </div>
    </div>
  ));
}

function Corrections({ warrant: { corrections } }: { readonly warrant: AsOfWarrant }) {
  return corrections.map(({ digest, type, by, reason, loggedAt }) => (
    <div key={digest} className="small">
      <Link to="/records/$digest" params={{ digest }}>
        {typeWords(type)}
      </Link>{' '}
      by {by.join(', ')}
      {reason === undefined ? '' : `: ${reason}`}, <Time at={loggedAt} />
    </div>
  ));
}
