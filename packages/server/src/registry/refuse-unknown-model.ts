// SPDX-License-Identifier: Apache-2.0
import { modelsOf, type RecordSet } from '@countersign/kernel';
import { ServerError } from '../errors.ts';

/** An empty answer about a misspelt model would read like one about a model of which there is nothing. @throws ServerError `model_unknown` */
export function refuseUnknownModel(set: RecordSet, workspace: string, model: string): void {
  if (modelsOf(set, workspace).includes(model)) return;
  throw new ServerError('model_unknown', `no model \`${model}\` is known`, { details: { model } });
}
