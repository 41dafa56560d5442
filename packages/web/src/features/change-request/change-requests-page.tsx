// SPDX-License-Identifier: Apache-2.0
import { type ChangeRequestsReply, governanceRoutes } from '@countersign/contract';
import { Button, NativeSelect } from '@mantine/core';
import { useInfiniteQuery } from '@tanstack/react-query';
import { getRouteApi, Link } from '@tanstack/react-router';
import { call } from '../../api/client.ts';
import { LinkButton } from '../../shell/link-button.tsx';
import { Mark, type Tone } from '../../shell/mark.tsx';
import { Page } from '../../shell/page.tsx';
import { Empty, Loading, Problem } from '../../shell/states.tsx';
import { Time } from '../../shell/time.tsx';
import { ChangesSearch } from './changes-search.ts';

type Summary = ChangeRequestsReply['changeRequests'][number];

const STATES: { readonly [state in Summary['state']]: readonly [Tone, string] } = {
  open: ['wait', 'open'],
  ready: ['pass', 'nothing missing'],
  rejected: ['fail', 'rejected'],
  promoted: ['pass', 'promoted'],
  replaced: ['none', 'replaced'],
};

const route = getRouteApi('/signed-in/changes');

/** A page of the list; the reader asks for the next. */
const LIMIT = 50;

export function ChangeRequestsPage() {
  const { state, model } = route.useSearch();
  const list = useInfiniteQuery({
    queryKey: ['changes', state, model],
    queryFn: ({ pageParam, signal }) =>
      call(governanceRoutes.list, {
        query: { state, model, limit: LIMIT, before: pageParam },
        signal,
      }),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: ({ next }) => next,
  });
  const requests = list.data?.pages.flatMap(({ changeRequests }) => changeRequests);
  const total = list.data?.pages.at(-1)?.total ?? 0;
  return (
    <Page
      title="Change requests"
      lede="Each proposes one version for one stage, newest first."
      actions={<LinkButton to="/changes/new">Propose a change…</LinkButton>}
    >
      {total === 0 && state === undefined ? null : <StateFilter />}
      {list.error === null ? null : <Problem error={list.error} />}
      {requests === undefined && list.error === null ? (
        <Loading what="Reading change requests…" />
      ) : null}
      {requests === undefined ? null : (
        <Requests requests={requests} isFiltered={state !== undefined} />
      )}
      {list.hasNextPage ? (
        <div className="row">
          <Button
            variant="default"
            loading={list.isFetchingNextPage}
            onClick={() => void list.fetchNextPage()}
          >
            Show more
          </Button>
          <span className="small muted" role="status">
            {requests?.length.toLocaleString()} of {total.toLocaleString()}
          </span>
        </div>
      ) : null}
    </Page>
  );
}

function StateFilter() {
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const options = Object.entries(STATES).map(([value, [, label]]) => ({ value, label }));
  return (
    <search className="filters">
      <NativeSelect
        label="State"
        size="sm"
        data={[{ value: '', label: 'any' }, ...options]}
        value={search.state ?? ''}
        onChange={({ currentTarget: { value } }) =>
          void navigate({
            search: ChangesSearch.parse({ ...search, state: value === '' ? undefined : value }),
            replace: true,
          })
        }
      />
      {search.model === undefined ? null : (
        <Button
          variant="subtle"
          size="sm"
          className="beside-fields"
          onClick={() => void navigate({ search: { state: search.state }, replace: true })}
        >
          Of {search.model} alone; show every model
        </Button>
      )}
    </search>
  );
}

interface RequestsProps {
  readonly requests: readonly Summary[];
  readonly isFiltered: boolean;
}

function Requests({ requests, isFiltered }: RequestsProps) {
  if (requests.length === 0 && isFiltered) {
    return (
      <Empty title="No request is in that state">
        <p>Choose another state, or any.</p>
      </Empty>
    );
  }
  if (requests.length === 0) {
    return (
      <Empty title="No change has been proposed">
        <p>
          A developer or owner <Link to="/changes/new">proposes one</Link>, or on the command line
          with <code>countersign submit MODEL@N --to staging</code>.
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
