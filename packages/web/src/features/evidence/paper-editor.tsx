// SPDX-License-Identifier: Apache-2.0
import { SegmentedControl, Textarea } from '@mantine/core';
import { useState } from 'react';
import { Markdown } from '../../shell/markdown.tsx';

interface PaperEditorProps {
  /** Markdown by `## Heading`. */
  readonly value: string;
  readonly problem: string | undefined;
  readonly onChange: (value: string) => void;
}

type Shown = 'write' | 'preview';

/** Markdown as it is written, and as its readers will see it. */
export function PaperEditor({ value, problem, onChange }: PaperEditorProps) {
  const [shown, setShown] = useState<Shown>('write');
  return (
    <div className="tight">
      <SegmentedControl
        aria-label="How the text is shown"
        bg="var(--cs-sunken)"
        transitionDuration={0}
        style={{ alignSelf: 'start' }}
        value={problem === undefined ? shown : 'write'}
        data={[
          { value: 'write', label: 'Write' },
          { value: 'preview', label: 'Preview' },
        ]}
        onChange={(value) => setShown(value === 'preview' ? 'preview' : 'write')}
      />
      {shown === 'preview' && problem === undefined ? (
        <section className="panel" aria-label="Preview">
          <Markdown text={value} />
        </section>
      ) : (
        <Textarea
          label="Text"
          description="Markdown; each part under a line that begins with ##."
          classNames={{ input: 'mono' }}
          autosize
          minRows={14}
          maxRows={40}
          value={value}
          error={problem}
          onChange={({ currentTarget }) => onChange(currentTarget.value)}
        />
      )}
    </div>
  );
}
