// SPDX-License-Identifier: Apache-2.0
import type { PeopleReply } from '@countersign/contract';
import { useQuery } from '@tanstack/react-query';
import { isForbidden } from '../../api/api-error.ts';
import { peopleQuery } from '../../api/people.ts';
import { Digest } from '../../shell/digest.tsx';
import { KeyDates, KeyStanding } from '../../shell/key-standing.tsx';
import { Mark } from '../../shell/mark.tsx';
import { Page } from '../../shell/page.tsx';
import { Panel } from '../../shell/panel.tsx';
import { Empty, Loading, Problem } from '../../shell/states.tsx';

export function PeoplePage() {
  const { data, error } = useQuery(peopleQuery);
  return (
    <Page
      title="People"
      lede="Accounts, the duties that their enrolled keys give them, and the platform’s own keys."
    >
      {error === null ? null : <Trouble error={error} />}
      {data === undefined && error === null ? <Loading what="Reading people…" /> : null}
      {data === undefined ? null : (
        <>
          <Accounts people={data.people} />
          <Services services={data.services} />
        </>
      )}
    </Page>
  );
}

function Trouble({ error }: { readonly error: unknown }) {
  if (!isForbidden(error)) return <Problem error={error} />;
  return (
    <Empty title="People are shown to those with a duty">
      <p>Once a key of yours is enrolled you see who holds which role.</p>
    </Empty>
  );
}

function Accounts({ people }: { readonly people: PeopleReply['people'] }) {
  return (
    <Panel title={`Accounts (${people.length})`}>
      <table className="grid folds">
        <thead>
          <tr>
            <th scope="col">Person</th>
            <th scope="col">Roles in force</th>
            <th scope="col">Keys</th>
          </tr>
        </thead>
        <tbody>
          {people.map((person) => (
            <tr key={person.account}>
              <td>
                <strong>{person.name}</strong>
                <div className="small muted wrap">{person.account}</div>
                {person.locked === undefined ? null : <Mark tone="fail" text="locked" />}
              </td>
              <td data-label="Roles in force">
                {person.roles.join(', ') || <span className="muted">none</span>}
              </td>
              <td data-label="Keys">
                <Keys keys={person.keys} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </Panel>
  );
}

function Keys({ keys }: { readonly keys: PeopleReply['people'][number]['keys'] }) {
  if (keys.length === 0) return <span className="muted">no key enrolled</span>;
  return (
    <ul className="rows keys">
      {keys.map((key) => (
        <li key={key.keyid}>
          <div className="row">
            <KeyStanding of={key} />
            <Digest value={key.keyid} of="the key id" />
          </div>
          <div className="small muted">
            {key.webauthn === undefined ? 'key file' : 'passkey'} as {key.roles.join(', ')}
            {key.team === undefined ? '' : `, team ${key.team}`}; <KeyDates of={key} />
          </div>
        </li>
      ))}
    </ul>
  );
}

function Services({ services }: { readonly services: PeopleReply['services'] }) {
  return (
    <Panel title="The platform’s keys">
      <p className="muted" style={{ marginTop: 0 }}>
        They measure, sequence and serve. None of them can approve.
      </p>
      <table className="grid folds">
        <thead>
          <tr>
            <th scope="col">Service</th>
            <th scope="col">Name</th>
            <th scope="col">Key</th>
          </tr>
        </thead>
        <tbody>
          {services.map((one) => (
            <tr key={one.keyid}>
              <td data-label="Service">{one.service}</td>
              <td data-label="Name">{one.name}</td>
              <td data-label="Key">
                <Digest value={one.keyid} of={`the key id of ${one.name}`} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </Panel>
  );
}
