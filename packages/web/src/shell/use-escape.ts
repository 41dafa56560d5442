// SPDX-License-Identifier: Apache-2.0
import { useEffect, useEffectEvent } from 'react';

/** What Esc does on a page, unless a part of it (a list that is open) has taken the key. */
export function useEscape(leave: () => void): void {
  const onEscape = useEffectEvent((event: KeyboardEvent) => {
    if (event.key === 'Escape' && !event.defaultPrevented) leave();
  });
  useEffect(() => {
    document.addEventListener('keydown', onEscape);
    return () => document.removeEventListener('keydown', onEscape);
  }, []);
}
