// SPDX-License-Identifier: Apache-2.0
import { blobRoutes } from '@countersign/contract';
import { callBytes } from './client.ts';

/** Stores the bytes that a record names, before the record is sent. They are nothing to anybody until one names them. */
export async function storeText(text: string): Promise<void> {
  await callBytes(blobRoutes.put, { bytes: new TextEncoder().encode(text) });
}
