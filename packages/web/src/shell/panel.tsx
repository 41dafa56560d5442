// SPDX-License-Identifier: Apache-2.0
import { Title } from '@mantine/core';
import { type ReactNode, useId } from 'react';
import type { Tone } from './mark.tsx';

export interface PanelProps {
  readonly title: string;
  readonly tone?: Tone | undefined;
  /** For an address to point at. */
  readonly id?: string;
  readonly children: ReactNode;
}

export function Panel({ title, tone, id: place, children }: PanelProps) {
  const id = useId();
  return (
    <section className="panel" id={place} aria-labelledby={id} data-tone={tone}>
      <Title order={2} id={id}>
        {title}
      </Title>
      {children}
    </section>
  );
}
