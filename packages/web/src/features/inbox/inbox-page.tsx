// SPDX-License-Identifier: Apache-2.0
import type { InboxReply } from '@countersign/contract';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { isForbidden } from '../../api/api-error.ts';
import { inboxQuery } from '../../api/inbox.ts';
import { useMe } from '../../api/me.ts';
import { LinkButton } from '../../shell/link-button.tsx';
import { Page } from '../../shell/page.tsx';
import { Empty, Loading, Problem } from '../../shell/states.tsx';
import { Time } from '../../shell/time.tsx';
import { Words } from '../../shell/words.tsx';
import { PendingNotice } from './pending-notice.tsx';

type Item = InboxReply['items'][number];

export function InboxPage() {
  const inbox = useQuery(inboxQuery);
  const me = useMe();
  return (
    <Page title="Inbox" lede="What waits for you, oldest first.">
      <PendingNotice />
      {inbox.isPending ? <Loading what="Reading what waits for you…" /> : null}
      {inbox.error === null ? null : <Trouble error={inbox.error} hasRole={me.roles.length > 0} />}
      {inbox.data === undefined ? null : <Items items={inbox.data.items} />}
    </Page>
  );
}

function Trouble({ error, hasRole }: { readonly error: unknown; readonly hasRole: boolean }) {
  if (!isForbidden(error)) return <Problem error={error} />;
  if (hasRole) {
    return (
      <Empty title="Your roles decide on no change">
        <p>
          Change requests are read and decided by those who build, own, check or approve models.
        </p>
      </Empty>
    );
  }
  return (
    <Empty title="You hold no role yet">
      <p>
        Duties come from enrolled signing keys alone. <Link to="/keys">Make a signing key</Link> and
        hand its request to your administrators.
      </p>
    </Empty>
  );
}

function Items({ items }: { readonly items: readonly Item[] }) {
  if (items.length === 0) {
    return (
      <Empty title="Nothing waits for you">
        <p>
          Approvals, assessments and findings that need you appear here as soon as they are
          recorded. You can read every <Link to="/changes">change request</Link> meanwhile.
        </p>
      </Empty>
    );
  }
  return (
    <div className="panel">
      <ul className="rows">
        {items.map((item) => (
          <li key={`${item.kind} ${item.digest} ${item.role ?? ''}`}>
            <InboxItem item={item} />
          </li>
        ))}
      </ul>
    </div>
  );
}

function InboxItem({ item }: { readonly item: Item }) {
  return (
    <div className="row" style={{ justifyContent: 'space-between' }}>
      <div style={{ minWidth: 0, flex: '1 1 320px' }}>
        <strong className="wrap">{item.subject}</strong>
        <div className="wrap">
          <Words text={item.text} />
        </div>
        <div className="muted small">
          since <Time at={item.since} />
        </div>
      </div>
      <Action item={item} />
    </div>
  );
}

const LABELS = {
  approve: 'Read and decide',
  assess: 'Open the request',
  promote: 'Open the request',
} as const;

function Action({ item }: { readonly item: Item }) {
  switch (item.kind) {
    case 'finding':
      return (
        <LinkButton to="/findings" variant="default">
          Open the register
        </LinkButton>
      );
    case 'review':
      return (
        <LinkButton to="/reviews" variant="default">
          See what is due
        </LinkButton>
      );
    case 'attest':
    case 'overlay':
      return (
        <LinkButton to="/records/$digest" params={{ digest: item.digest }} variant="default">
          Open the record
        </LinkButton>
      );
    case 'expiry':
      return <Command text="countersign submit" />;
    case 'notice':
      return (
        <LinkButton to="/people" variant="default">
          See people and keys
        </LinkButton>
      );
    default:
      return (
        <LinkButton
          to="/changes/$digest"
          params={{ digest: item.digest }}
          variant={item.kind === 'approve' ? 'filled' : 'default'}
          aria-label={`${LABELS[item.kind]}: ${item.subject}`}
        >
          {LABELS[item.kind]}
        </LinkButton>
      );
  }
}

function Command({ text }: { readonly text: string }) {
  return (
    <span className="small muted">
      with <code>{text}</code>
    </span>
  );
}
