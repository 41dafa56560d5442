// SPDX-License-Identifier: Apache-2.0
import { type Questionnaire, readQuestionnaire } from '../tiering/index.ts';
import { loadYaml, type YamlSource } from './yaml-source.ts';

/** @throws ServerError `policy_file_invalid` naming file and line */
export function loadQuestionnaire(file: string): Promise<YamlSource<Questionnaire>> {
  return loadYaml(file, { rootName: 'questionnaire', read: readQuestionnaire });
}
