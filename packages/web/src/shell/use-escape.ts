// SPDX-License-Identifier: Apache-2.0
import { useEffect, useEffectEvent } from 'react';

/** What Esc does on a page, unless a part of it (a list or a dialogue that is open) has taken the key. */
export function useEscape(leave: () => void): void {
  const onEscape = useEffectEvent(leave);
  useEffect(() => {
    let isTaken = false;
    // Before anybody else hears the key: afterwards the list that it closes is closed already.
    const look = (event: KeyboardEvent) => {
      isTaken = event.key !== 'Escape' || isOpenPart(event.target);
    };
    const act = (event: KeyboardEvent) => {
      if (!isTaken && !event.defaultPrevented) onEscape();
    };
    document.addEventListener('keydown', look, true);
    document.addEventListener('keydown', act);
    return () => {
      document.removeEventListener('keydown', look, true);
      document.removeEventListener('keydown', act);
    };
  }, []);
}

function isOpenPart(target: EventTarget | null): boolean {
  const isList =
    target instanceof Element && target.closest('[role="combobox"][aria-expanded="true"]') !== null;
  return isList || document.querySelector('[role="dialog"]') !== null;
}
