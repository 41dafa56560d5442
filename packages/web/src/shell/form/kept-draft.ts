// SPDX-License-Identifier: Apache-2.0

export type Values = Readonly<Record<string, string | boolean>>;

/** The browser's local storage, or a stand-in of a test. */
export interface DraftStore {
  getItem(key: string): string | null;
  setItem(key: string, value: string): void;
  removeItem(key: string): void;
}

export interface KeptDraft {
  readonly values: Values;
  /** UTC. */
  readonly at: string;
}

/** Beyond this a draft is not kept: other drafts must have room. */
const DRAFT_LENGTH_MAX = 400_000;

const placeOf = (account: string, name: string): string => `countersign.draft.${account}.${name}`;

/** What somebody wrote into a form of this name and has not signed. */
export function keptDraft(store: DraftStore, account: string, name: string): KeptDraft | undefined {
  const text = store.getItem(placeOf(account, name));
  if (text === null) return undefined;
  try {
    const read = JSON.parse(text) as { readonly values?: unknown; readonly at?: unknown };
    if (typeof read.values !== 'object' || read.values === null) return undefined;
    const members = Object.entries(read.values).filter(
      (one): one is [string, string | boolean] =>
        typeof one[1] === 'string' || typeof one[1] === 'boolean',
    );
    return { values: Object.fromEntries(members), at: String(read.at) };
  } catch {
    return undefined; // somebody else's text under our name
  }
}

/** Whether it is kept: a browser without room keeps none, and the form goes on. */
export function keepDraft(
  store: DraftStore,
  of: { readonly account: string; readonly name: string },
  draft: KeptDraft,
): boolean {
  const text = JSON.stringify(draft);
  if (text.length > DRAFT_LENGTH_MAX) return false;
  try {
    store.setItem(placeOf(of.account, of.name), text);
    return true;
  } catch {
    return false; // the storage is full or refused
  }
}

export function dropDraft(store: DraftStore, account: string, name: string): void {
  store.removeItem(placeOf(account, name));
}
