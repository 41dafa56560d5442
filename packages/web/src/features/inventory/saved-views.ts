// SPDX-License-Identifier: Apache-2.0
import { z } from 'zod';
import { InventorySearch } from './inventory-view.ts';

const PLACE = 'countersign.inventory-views';
/** More would not be found again in a list. */
const VIEWS_MAX = 30;

const SavedView = z.object({ name: z.string().min(1).max(80), search: InventorySearch });
export type SavedView = z.infer<typeof SavedView>;

/** Where they are kept; the browser's local storage but in tests. */
export interface ViewStore {
  getItem(key: string): string | null;
  setItem(key: string, value: string): void;
}

/** Views of this browser's user, in the order in which they were saved. */
export function savedViews(store: ViewStore): readonly SavedView[] {
  const parsed = z
    .array(SavedView)
    .max(VIEWS_MAX)
    .safeParse(readJson(store.getItem(PLACE)));
  return parsed.success ? parsed.data : [];
}

/** Saves a view; one of the same name gives way. Beyond the bound the oldest is forgotten. */
export function saveView(store: ViewStore, view: SavedView): readonly SavedView[] {
  const others = savedViews(store).filter(({ name }) => name !== view.name);
  return keep(store, [...others, view].slice(-VIEWS_MAX));
}

export function forgetView(store: ViewStore, name: string): readonly SavedView[] {
  return keep(
    store,
    savedViews(store).filter((view) => view.name !== name),
  );
}

function keep(store: ViewStore, views: readonly SavedView[]): readonly SavedView[] {
  store.setItem(PLACE, JSON.stringify(views));
  return views;
}

function readJson(text: string | null): unknown {
  if (text === null) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // somebody wrote into the storage: as if nothing were kept
  }
}
