// SPDX-License-Identifier: Apache-2.0
import { EnrolmentRequest } from '@countersign/contract';

/** The browser's local storage, or a stand-in of a test. */
export interface RequestStore {
  getItem(key: string): string | null;
  setItem(key: string, value: string): void;
  removeItem(key: string): void;
}

const place = (account: string): string => `countersign.enrolment.${account}`;

/** A request that waits to be handed over. It holds no secret; it is kept so that a reload does not lose the key. */
export function keptRequest(store: RequestStore, account: string): EnrolmentRequest | undefined {
  const text = store.getItem(place(account));
  return text === null ? undefined : readRequest(text);
}

export function keepRequest(store: RequestStore, request: EnrolmentRequest): void {
  store.setItem(place(request.account), requestText(request));
}

export function dropRequest(store: RequestStore, account: string): void {
  store.removeItem(place(account));
}

export function requestText(request: EnrolmentRequest): string {
  return `${JSON.stringify(request, null, 2)}\n`;
}

/** A request from text that somebody handed over, or undefined when it is none. */
export function readRequest(text: string): EnrolmentRequest | undefined {
  try {
    const parsed = EnrolmentRequest.safeParse(JSON.parse(text));
    return parsed.success ? parsed.data : undefined;
  } catch {
    return undefined; // not JSON: no request either
  }
}
