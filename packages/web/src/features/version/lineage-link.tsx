// SPDX-License-Identifier: Apache-2.0
import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import type { LineageNode } from './lineage-nodes.ts';

interface LineageLinkProps {
  readonly node: LineageNode;
  readonly className?: string;
  readonly children: ReactNode;
}

/** To the change request's own page, to the record, or to the list of records below when a box stands for several. */
export function LineageLink({ node, children, className }: LineageLinkProps) {
  if (node.changeRequest !== undefined) {
    return (
      <Link to="/changes/$digest" params={{ digest: node.changeRequest }} className={className}>
        {children}
      </Link>
    );
  }
  if (node.record !== undefined) {
    return (
      <Link to="/records/$digest" params={{ digest: node.record }} className={className}>
        {children}
      </Link>
    );
  }
  return (
    <a href="#records" className={className}>
      {children}
    </a>
  );
}
