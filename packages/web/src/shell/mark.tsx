// SPDX-License-Identifier: Apache-2.0
import {
  IconAlertTriangle,
  IconCircleCheck,
  IconCircleDashed,
  IconCircleX,
} from '@tabler/icons-react';

/** What a verdict comes to. Never shown by colour alone. */
export type Tone = 'pass' | 'fail' | 'wait' | 'none';

const ICONS = {
  pass: IconCircleCheck,
  fail: IconCircleX,
  wait: IconAlertTriangle,
  none: IconCircleDashed,
} as const;

export function Mark({ tone, text }: { readonly tone: Tone; readonly text: string }) {
  const Icon = ICONS[tone];
  return (
    <span className="mark" data-tone={tone}>
      <Icon size={17} stroke={2} aria-hidden />
      <span>{text}</span>
    </span>
  );
}
