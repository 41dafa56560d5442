// SPDX-License-Identifier: Apache-2.0
import type { RecordReply } from '@countersign/contract';
import { registryRoutes } from '@countersign/contract';
import { isDigest } from '@countersign/kernel';
import { useQuery } from '@tanstack/react-query';
import { getRouteApi, Link } from '@tanstack/react-router';
import { call } from '../../api/client.ts';
import { recordQuery } from '../../api/registry.ts';
import { Digest } from '../../shell/digest.tsx';
import { Facts } from '../../shell/facts.tsx';
import { Page } from '../../shell/page.tsx';
import { Panel } from '../../shell/panel.tsx';
import { RecordsTable } from '../../shell/records-table.tsx';
import { ShortDigest } from '../../shell/short-digest.tsx';
import { Loading, Problem } from '../../shell/states.tsx';
import { Time } from '../../shell/time.tsx';
import { typeWords } from '../../shell/type-words.ts';
import { Words } from '../../shell/words.tsx';
import { readPredicate } from './read-predicate.ts';

const route = getRouteApi('/signed-in/records/$digest');

/** Any record by its address: what was signed, by whom, what it rests on and what rests on it. */
export function RecordPage() {
  const { digest } = route.useParams();
  if (!isDigest(digest)) return <ShortDigest title="Record" digest={digest} />;
  return <WholeRecord digest={digest} />;
}

function WholeRecord({ digest }: { readonly digest: string }) {
  const { data, error, refetch } = useQuery(recordQuery(digest));
  if (data !== undefined) return <SignedRecord record={data} />;
  return (
    <Page title="Record">
      {error === null ? (
        <Loading what="Reading the record…" />
      ) : (
        <Problem error={error} onRetry={() => void refetch()} />
      )}
    </Page>
  );
}

function SignedRecord({ record }: { readonly record: RecordReply }) {
  const predicate = readPredicate(record.statement);
  const title = predicate.type === '' ? 'Record' : sentenceCase(predicate.type);
  return (
    <Page title={title} lede={<About predicate={predicate} />}>
      {record.rejected === undefined ? null : (
        <div className="panel" data-tone="fail">
          It is in the log and counts for nothing: <Words text={record.rejected} />
        </div>
      )}
      <Panel title="Who signed it, and when">
        <Facts
          facts={[
            ['By', predicate.actor],
            ['Signed by', <Signers key="signers" signers={record.signers} />],
            ['Claimed', <Time key="claimed" at={predicate.claimedAt} />],
            [
              'In the log',
              record.loggedAt === undefined ? (
                <span key="none" className="muted">
                  not yet
                </span>
              ) : (
                <Time key="logged" at={record.loggedAt} />
              ),
            ],
            [
              'State',
              record.needs === undefined ? record.state : `${record.state}: ${record.needs}`,
            ],
            ['Log position', record.index?.toString()],
            [
              'Digest',
              <Digest key="digest" value={record.digest} of="the record’s digest" isWhole />,
            ],
          ]}
        />
      </Panel>
      <Panel title="What it says">
        {/* biome-ignore lint/a11y/noNoninteractiveTabindex: whoever reads by keyboard scrolls it */}
        <section className="bytes" tabIndex={0} aria-label="Content of the record">
          {JSON.stringify(predicate.content, null, 2)}
        </section>
      </Panel>
      <Neighbours digest={record.digest} />
    </Page>
  );
}

function About({ predicate }: { readonly predicate: ReturnType<typeof readPredicate> }) {
  const { model, version, use } = predicate;
  if (model === undefined) return <>A record of the firm.</>;
  return (
    <>
      About{' '}
      {version === undefined ? (
        <Link to="/models/$model" params={{ model }}>
          {model}
        </Link>
      ) : (
        <Link to="/models/$model/versions/$version" params={{ model, version }} search={{ use }}>
          {model}@{version}
        </Link>
      )}
      {use === undefined ? '' : ` for ${use}`}.
    </>
  );
}

function Signers({ signers }: Pick<RecordReply, 'signers'>) {
  return (
    <ul className="plain">
      {signers.map(({ keyid, holder, roles }) => (
        <li key={keyid}>
          {holder}
          {roles.length === 0 ? '' : ` (${roles.join(', ')})`}{' '}
          <Digest value={keyid} of={`the key id of ${holder}`} />
        </li>
      ))}
    </ul>
  );
}

function Neighbours({ digest }: { readonly digest: string }) {
  const { data } = useQuery({
    queryKey: ['lineage', digest],
    queryFn: ({ signal }) => call(registryRoutes.lineage, { params: { digest }, signal }),
  });
  if (data === undefined) return null;
  return (
    <>
      <Panel title={`Rests on (${data.upstream.length})`}>
        <RecordsTable records={data.upstream} empty="It names no other record." />
      </Panel>
      <Panel title={`What rests on it (${data.downstream.length})`}>
        <RecordsTable records={data.downstream} empty="No record names it yet." />
      </Panel>
    </>
  );
}

function sentenceCase(type: string): string {
  const words = typeWords(type);
  return words.charAt(0).toUpperCase() + words.slice(1);
}
