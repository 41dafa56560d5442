// SPDX-License-Identifier: Apache-2.0
import { type ChangeRequestsReply, governanceRoutes } from '@countersign/contract';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { call } from '../../api/client.ts';
import { Mark, type Tone } from '../../shell/mark.tsx';
import { Page } from '../../shell/page.tsx';
import { Empty, Loading, Problem } from '../../shell/states.tsx';
import { Time } from '../../shell/time.tsx';

type Summary = ChangeRequestsReply['changeRequests'][number];

const STATES: { readonly [state in Summary['state']]: readonly [Tone, string] } = {
  open: ['wait', 'open'],
  ready: ['pass', 'nothing missing'],
  rejected: ['fail', 'rejected'],
  promoted: ['pass', 'promoted'],
  replaced: ['none', 'replaced'],
};

export function ChangeRequestsPage() {
  const { data, error } = useQuery({
    queryKey: ['changes'],
    queryFn: ({ signal }) => call(governanceRoutes.list, { signal }),
  });
  return (
    <Page title="Change requests" lede="Each proposes one version for one stage, newest first.">
      {error === null ? null : <Problem error={error} />}
      {data === undefined && error === null ? <Loading what="Reading change requests…" /> : null}
      {data === undefined ? null : <Requests requests={data.changeRequests} />}
    </Page>
  );
}

function Requests({ requests }: { readonly requests: readonly Summary[] }) {
  if (requests.length === 0) {
    return (
      <Empty title="No change has been proposed">
        <p>
          A developer or owner proposes one with{' '}
          <code>countersign submit MODEL@N --to staging</code>.
        </p>
      </Empty>
    );
  }
  return (
    <div className="panel">
      <table className="grid folds">
        <thead>
          <tr>
            <th scope="col">Version and use</th>
            <th scope="col">To</th>
            <th scope="col">State</th>
            <th scope="col">Proposed by</th>
            <th scope="col">When</th>
          </tr>
        </thead>
        <tbody>
          {requests.map((one) => (
            <Request key={one.digest} one={one} />
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Request({ one }: { readonly one: Summary }) {
  const [tone, text] = STATES[one.state];
  const { model, version, use } = one.subject;
  return (
    <tr>
      <td>
        <Link to="/changes/$digest" params={{ digest: one.digest }}>
          {model}@{version}
        </Link>{' '}
        for {use}
      </td>
      <td data-label="To">{one.transition}</td>
      <td data-label="State">
        <Mark tone={tone} text={text} />
      </td>
      <td data-label="Proposed by">{one.submitter}</td>
      <td data-label="When">
        <Time at={one.submittedAt} />
      </td>
    </tr>
  );
}
