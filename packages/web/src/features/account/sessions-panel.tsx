// SPDX-License-Identifier: Apache-2.0
import { type SessionsReply, sessionRoutes } from '@countersign/contract';
import { Button } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { call } from '../../api/client.ts';
import { Mark } from '../../shell/mark.tsx';
import { Panel } from '../../shell/panel.tsx';
import { Loading, Problem } from '../../shell/states.tsx';
import { Time } from '../../shell/time.tsx';

type Session = SessionsReply['sessions'][number];

export function SessionsPanel() {
  const client = useQueryClient();
  const { data, error } = useQuery({
    queryKey: ['sessions'],
    queryFn: ({ signal }) => call(sessionRoutes.list, { signal }),
  });
  const end = useMutation({
    mutationFn: (id: string | 'others') =>
      id === 'others'
        ? call(sessionRoutes.endOthers, { body: {} })
        : call(sessionRoutes.end, { params: { id } }),
    onSettled: () => client.invalidateQueries({ queryKey: ['sessions'] }),
  });
  const others = data?.sessions.filter(({ current }) => !current).length ?? 0;
  return (
    <Panel title="Sessions">
      {error === null ? null : <Problem error={error} />}
      {end.error === null ? null : <Problem error={end.error} />}
      {data === undefined && error === null ? <Loading what="Reading your sessions…" /> : null}
      {data === undefined ? null : (
        <ul className="rows">
          {data.sessions.map((one) => (
            <li key={one.id}>
              <SessionLine one={one} isPending={end.isPending} onEnd={() => end.mutate(one.id)} />
            </li>
          ))}
        </ul>
      )}
      {others === 0 ? null : (
        <Button
          mt="md"
          variant="default"
          loading={end.isPending}
          onClick={() => end.mutate('others')}
        >
          End every other session
        </Button>
      )}
    </Panel>
  );
}

interface SessionLineProps {
  readonly one: Session;
  readonly isPending: boolean;
  readonly onEnd: () => void;
}

function SessionLine({ one, isPending, onEnd }: SessionLineProps) {
  const place = [one.address, browserOf(one.userAgent)].filter((part) => part !== null).join(', ');
  return (
    <div className="row" style={{ justifyContent: 'space-between' }}>
      <div style={{ minWidth: 0, flex: '1 1 260px' }}>
        <div className="row">
          <strong className="wrap">{place === '' ? 'unknown place' : place}</strong>
          {one.current ? <Mark tone="pass" text="this session" /> : null}
        </div>
        <div className="small muted">
          by {one.signedInBy}, since <Time at={one.createdAt} />, last used{' '}
          <Time at={one.lastUsedAt} />, ends <Time at={one.expiresAt} /> at the latest
        </div>
      </div>
      {one.current ? null : (
        <Button
          variant="default"
          size="compact-md"
          disabled={isPending}
          onClick={onEnd}
          aria-label={`end the session from ${place}`}
        >
          End
        </Button>
      )}
    </div>
  );
}

/** Browser and system out of a user agent, roughly: enough to tell one's own devices apart. */
function browserOf(userAgent: string | null): string | null {
  if (userAgent === null) return null;
  const browser = /(Firefox|Edg|OPR|Chrome|Safari|curl|node)\/?(\d+)?/.exec(userAgent)?.[1];
  const system = /(Windows|Mac OS X|Android|iPhone|Linux)/.exec(userAgent)?.[1];
  const parts = [browser === 'Edg' ? 'Edge' : browser, system].filter((one) => one !== undefined);
  return parts.length === 0 ? userAgent.slice(0, 40) : parts.join(' on ');
}
