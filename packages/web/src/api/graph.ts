// SPDX-License-Identifier: Apache-2.0
import { registryRoutes } from '@countersign/contract';
import { queryOptions } from '@tanstack/react-query';
import { call } from './client.ts';

export const graphQuery = queryOptions({
  queryKey: ['inventory-graph'],
  queryFn: ({ signal }) => call(registryRoutes.inventoryGraph, { signal }),
});

/** Sources and assumptions that several models rest on. */
export const sharedQuery = queryOptions({
  queryKey: ['inventory-shared'],
  queryFn: ({ signal }) => call(registryRoutes.inventoryShared, { signal }),
});
