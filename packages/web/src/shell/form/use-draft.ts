// SPDX-License-Identifier: Apache-2.0
import { useState } from 'react';
import { useMe } from '../../api/me.ts';
import { dropDraft, keepDraft, keptDraft, type Values } from './kept-draft.ts';

export interface DraftOfForm {
  readonly values: Values;
  /** When what is shown was kept, while nobody has changed it since the page was opened; UTC. */
  readonly keptAt: string | undefined;
  /** Somebody wrote something that is not signed. */
  readonly isDirty: boolean;
  /** False where the browser had no room for it. */
  readonly isKept: boolean;
  set(name: string, value: string | boolean): void;
  /** Forgets the draft and begins again. */
  discard(): void;
  /** It was signed: nothing is left to keep. */
  settle(): void;
}

/** The values of a form, kept in this browser from the first change until they are signed or discarded. */
export function useDraft(name: string, initial: Values): DraftOfForm {
  const { account } = useMe();
  const [kept] = useState(() => keptDraft(localStorage, account, name));
  const [values, setValues] = useState<Values>(() => ({ ...initial, ...kept?.values }));
  const [state, setState] = useState({ isDirty: kept !== undefined, isKept: true, isOld: true });
  return {
    values,
    keptAt: state.isOld && state.isDirty ? kept?.at : undefined,
    isDirty: state.isDirty,
    isKept: state.isKept,
    set: (field, value) => {
      const next = { ...values, [field]: value };
      setValues(next);
      const at = new Date().toISOString();
      const isKept = keepDraft(localStorage, { account, name }, { values: next, at });
      setState({ isDirty: true, isKept, isOld: false });
    },
    discard: () => {
      dropDraft(localStorage, account, name);
      setValues(initial);
      setState({ isDirty: false, isKept: true, isOld: false });
    },
    settle: () => {
      dropDraft(localStorage, account, name);
      setState({ isDirty: false, isKept: true, isOld: false });
    },
  };
}
