// SPDX-License-Identifier: Apache-2.0
import { type Policy, readPolicy } from '@countersign/kernel';
import { loadYaml, type YamlSource } from './yaml-source.ts';

/**
 * Reads policies/promotion.yaml: `json` becomes `content.policy` of a `policy-document` record, exactly as written.
 * @throws ServerError `policy_file_invalid` naming file and line
 */
export function loadPromotionPolicy(file: string): Promise<YamlSource<Policy>> {
  return loadYaml(file, { rootName: 'policy', read: readPolicy });
}
