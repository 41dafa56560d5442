// SPDX-License-Identifier: Apache-2.0
import { Title } from '@mantine/core';
import { type ReactNode, useEffect, useRef } from 'react';

export interface PageProps {
  readonly title: string;
  readonly lede?: ReactNode;
  readonly actions?: ReactNode;
  readonly children: ReactNode;
}

/** A page: its title in the window's too, and under the keyboard when it has opened, so that readers hear where they are. */
export function Page({ title, lede, actions, children }: PageProps) {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    document.title = `${title} · Countersign`;
    heading.current?.focus({ preventScroll: true });
  }, [title]);
  return (
    <>
      <header className="page-head">
        <div>
          <Title order={1} ref={heading} tabIndex={-1}>
            {title}
          </Title>
          {lede === undefined ? null : <div className="lede">{lede}</div>}
        </div>
        {actions === undefined ? null : <div className="row">{actions}</div>}
      </header>
      <div className="stack">{children}</div>
    </>
  );
}
