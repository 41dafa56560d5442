// SPDX-License-Identifier: Apache-2.0
import { Mark, type Tone } from './mark.tsx';
import { StageMark } from './stage.tsx';
import { type StatusShown, statusText, type UseStatus } from './use-status.ts';

const TONES: { readonly [status in UseStatus]?: Tone } = {
  declared: 'wait',
  legacy: 'wait',
  overdue: 'fail',
};

export function StatusMark({ shown }: { readonly shown: StatusShown }) {
  const { status } = shown;
  if (status === 'declared' || status === 'legacy' || status === 'overdue') {
    return <Mark tone={TONES[status] ?? 'none'} text={statusText(shown)} />;
  }
  return <StageMark stage={status} />;
}
