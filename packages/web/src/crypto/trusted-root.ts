// SPDX-License-Identifier: Apache-2.0
import { isDigest } from '@countersign/kernel';

const PLACE = 'countersign.root';

/** The founding record that this browser verifies everything against. */
export interface TrustedRoot {
  readonly root: string;
  /** When this browser first saw it, or its user typed it in; UTC. */
  readonly since: string;
}

/** Where it is kept; the browser's local storage but in tests. */
export interface RootStore {
  getItem(key: string): string | null;
  setItem(key: string, value: string): void;
}

export type RootStanding =
  | { readonly standing: 'trusted'; readonly trusted: TrustedRoot }
  /** The server names another founding record than the one that this browser keeps to. */
  | { readonly standing: 'changed'; readonly trusted: TrustedRoot; readonly told: string };

/**
 * Keeps to the first founding record that the server named (trust on first use): from then on a server that names
 * another, or records of another firm, are refused here. Whoever wants more compares it with the digest that the firm
 * handed out, which the account page shows whole.
 */
export function trustedRoot(store: RootStore, told: string, now: string): RootStanding {
  const kept = readKept(store);
  if (kept === undefined) {
    const trusted = { root: told, since: now };
    keepRoot(store, trusted);
    return { standing: 'trusted', trusted };
  }
  return kept.root === told
    ? { standing: 'trusted', trusted: kept }
    : { standing: 'changed', trusted: kept, told };
}

export function keepRoot(store: RootStore, trusted: TrustedRoot): void {
  store.setItem(PLACE, JSON.stringify(trusted));
}

function readKept(store: RootStore): TrustedRoot | undefined {
  const text = store.getItem(PLACE);
  if (text === null) return undefined;
  try {
    const { root, since } = JSON.parse(text) as { readonly root: unknown; readonly since: unknown };
    return isDigest(String(root)) ? { root: String(root), since: String(since) } : undefined;
  } catch {
    return undefined; // somebody wrote into the storage: as if nothing were kept
  }
}
