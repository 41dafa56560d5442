// SPDX-License-Identifier: Apache-2.0
import {
  IconAlertSquareRounded,
  IconCalendarTime,
  IconFileCheck,
  IconFilePlus,
  IconFileText,
  IconFolders,
  IconHistory,
  IconInbox,
  IconKey,
  IconListDetails,
  IconPackageExport,
  IconScale,
  IconUserCircle,
  IconUsers,
} from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { inboxQuery } from '../api/inbox.ts';

/** One line a section of the product; a further feature adds its line here and its routes in router.tsx. */
const SECTIONS = [
  { to: '/inbox', label: 'Inbox', icon: IconInbox },
  { to: '/inventory', label: 'Inventory', icon: IconListDetails },
  { to: '/intake', label: 'Intake', icon: IconFilePlus },
  { to: '/evidence', label: 'Papers', icon: IconFileText },
  { to: '/changes', label: 'Change requests', icon: IconFileCheck },
  { to: '/findings', label: 'Findings', icon: IconAlertSquareRounded },
  { to: '/reviews', label: 'Reviews', icon: IconCalendarTime },
  { to: '/registers', label: 'Registers', icon: IconFolders },
  { to: '/as-of', label: 'As of a day', icon: IconHistory },
  { to: '/exam', label: 'Exam package', icon: IconPackageExport },
  { to: '/policy', label: 'Policy', icon: IconScale },
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
