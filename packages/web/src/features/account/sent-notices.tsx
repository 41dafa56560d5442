// SPDX-License-Identifier: Apache-2.0
import { noticesRoutes, type SentNoticesReply } from '@countersign/contract';
import { useQuery } from '@tanstack/react-query';
import { call } from '../../api/client.ts';
import { Mark, type Tone } from '../../shell/mark.tsx';
import { Time } from '../../shell/time.tsx';

type SentNotice = SentNoticesReply['notices'][number];

const SHOWN = 20;

const TONES: { readonly [state in SentNotice['state']]: Tone } = {
  queued: 'wait',
  sent: 'pass',
  failed: 'wait',
  dead: 'fail',
};

export function SentNotices() {
  const { data } = useQuery({
    queryKey: ['notices'],
    queryFn: ({ signal }) => call(noticesRoutes.mine, { query: { limit: SHOWN }, signal }),
  });
  const notices = data?.notices ?? [];
  if (notices.length === 0) return null;
  return (
    <details style={{ marginTop: 18 }}>
      <summary>What was written to you, newest first</summary>
      <ul className="rows" style={{ marginTop: 10 }}>
        {notices.map((one) => (
          <li key={`${one.message} ${one.key}`}>
            <div className="row" style={{ justifyContent: 'space-between' }}>
              <span>
                {/* The path of a page, as the server writes it into the message too. */}
                <a href={one.link.startsWith('/') ? one.link : '/inbox'}>{one.subject}</a>
                <div className="small muted">{one.text}</div>
              </span>
              <Mark tone={TONES[one.state]} text={one.state} />
            </div>
            <div className="small muted">
              <Time at={one.sentAt ?? one.writtenAt} />
              {one.state === 'sent' || one.result === null ? '' : `; ${one.result}`}
            </div>
          </li>
        ))}
      </ul>
    </details>
  );
}
