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
  mention: 'Open the discussion',
} as const;

function Action({ item }: { readonly item: Item }) {
  switch (item.kind) {
    case 'finding':
    case 'review':
    case 'attest':
      return <RegisterAction item={item} />;
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
          hash={item.kind === 'mention' ? 'discussion' : ''}
          variant={item.kind === 'approve' ? 'filled' : 'default'}
          aria-label={`${LABELS[item.kind]}: ${item.subject}`}
        >
          {LABELS[item.kind]}
        </LinkButton>
      );
  }
}

/** To the page of the very thing; to its register where the server does not say which it is. */
function RegisterAction({ item }: { readonly item: Item }) {
  const { model, use, finding, campaign } = item.about ?? {};
  if (model !== undefined && finding !== undefined) {
    return (
      <LinkButton
        to="/findings/$model/$id"
        params={{ model, id: finding }}
        variant="default"
        aria-label={`Open the finding: ${item.subject}`}
      >
        Open the finding
      </LinkButton>
    );
  }
  if (model !== undefined && campaign !== undefined) {
    return (
      <LinkButton
        to="/reviews/attest/$campaign/$model"
        params={{ campaign, model }}
        variant="default"
        aria-label={`Attest: ${item.subject}`}
      >
        Attest
      </LinkButton>
    );
  }
  if (model !== undefined && use !== undefined) {
    return (
      <LinkButton
        to="/reviews/$model/$use"
        params={{ model, use }}
        variant="default"
        aria-label={`Review: ${item.subject}`}
      >
        Review
      </LinkButton>
    );
  }
  return (
    <LinkButton to="/findings" variant="default">
      Open the register
    </LinkButton>
  );
}

function Command({ text }: { readonly text: string }) {
  return (
    <span className="small muted">
      with <code>{text}</code>
    </span>
  );
}
