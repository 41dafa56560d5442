// SPDX-License-Identifier: Apache-2.0
import { type NoticeChannelsReply, noticesRoutes } from '@countersign/contract';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { isForbidden } from '../../api/api-error.ts';
import { call } from '../../api/client.ts';
import { Panel } from '../../shell/panel.tsx';
import { Empty, Loading, Problem } from '../../shell/states.tsx';
import { Time } from '../../shell/time.tsx';

/** Mail server and webhooks as they were signed; secrets lie on the server and are in no record. */
export function NoticeChannels() {
  const { data, error, refetch } = useQuery({
    queryKey: ['notice-channels'],
    queryFn: ({ signal }) => call(noticesRoutes.channels, { signal }),
  });
  if (isForbidden(error)) {
    return (
      <Empty title="Where notices go is shown to those who answer for it">
        <p>It is read by administrators, auditors and model risk.</p>
      </Empty>
    );
  }
  if (error !== null) return <Problem error={error} onRetry={() => void refetch()} />;
  if (data === undefined) return <Loading what="Reading where notices go…" />;
  return <Channels told={data} />;
}

function Channels({ told: { record, inForce, coming } }: { readonly told: NoticeChannelsReply }) {
  return (
    <>
      {record === null ? (
        <Empty title="Notices go nowhere but here">
          <p>
            A channel is proposed with <code>countersign notices channel</code>.
          </p>
        </Empty>
      ) : (
        <Panel title="In force">
          <Signed record={record} channels={inForce} />
        </Panel>
      )}
      {coming === null ? null : (
        <Panel title="Signed, and waiting for its delay" tone="wait">
          <p style={{ marginTop: 0 }}>
            It takes effect on <Time at={coming.from} />.
          </p>
          <Signed record={coming.record} channels={coming.channels} />
        </Panel>
      )}
    </>
  );
}

interface SignedProps {
  readonly record: string;
  readonly channels: NoticeChannelsReply['inForce'];
}

function Signed({ record, channels }: SignedProps) {
  return (
    <>
      <p style={{ marginTop: 0 }}>
        As it was signed, in{' '}
        <Link to="/records/$digest" params={{ digest: record }}>
          its record
        </Link>
        .
      </p>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: whoever reads by keyboard scrolls it */}
      <section className="bytes" tabIndex={0} aria-label="The channels as JSON">
        {JSON.stringify(channels, null, 2)}
      </section>
    </>
  );
}
