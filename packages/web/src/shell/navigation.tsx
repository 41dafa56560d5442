// SPDX-License-Identifier: Apache-2.0
import { IconFileCheck, IconInbox, IconKey, IconUserCircle, IconUsers } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { inboxQuery } from '../api/inbox.ts';

/** One line a section of the product; a further feature adds its line here and its routes in router.tsx. */
const SECTIONS = [
  { to: '/inbox', label: 'Inbox', icon: IconInbox },
  { to: '/changes', label: 'Change requests', icon: IconFileCheck },
  { to: '/keys', label: 'Signing keys', icon: IconKey },
  { to: '/people', label: 'People', icon: IconUsers },
  { to: '/account', label: 'Your account', icon: IconUserCircle },
] as const;

export function Navigation({ onChosen }: { readonly onChosen: () => void }) {
  const { data } = useQuery(inboxQuery);
  const waiting = data?.items.length ?? 0;
  return (
    <nav aria-label="Sections">
      {SECTIONS.map(({ to, label, icon: Icon }) => (
        <Link key={to} to={to} onClick={onChosen} activeOptions={{ exact: false }}>
          <Icon size={18} stroke={1.75} aria-hidden />
          {label}
          {to === '/inbox' && waiting > 0 ? <span className="count">{waiting}</span> : null}
        </Link>
      ))}
    </nav>
  );
}
