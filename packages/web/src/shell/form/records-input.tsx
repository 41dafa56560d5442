// SPDX-License-Identifier: Apache-2.0
import { MultiSelect } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { historyQuery } from '../../api/registry.ts';
import { typeWords } from '../type-words.ts';
import { linesOf } from './field.ts';

interface RecordsInputProps {
  readonly label: string;
  readonly description: string | undefined;
  readonly name: string;
  readonly error: string | undefined;
  readonly model: string;
  /** Digests, one a line. */
  readonly value: string;
  readonly onChange: (value: string) => void;
}

/** Records of a model to choose from, newest first, by what they are, who signed them and when. */
export function RecordsInput({ model, value, onChange, ...props }: RecordsInputProps) {
  const { data } = useQuery(historyQuery(model));
  const chosen = linesOf(value);
  const known = (data?.records ?? []).map(({ digest, type, kind, actor, recordedAt }) => ({
    value: digest,
    label: [
      kind === undefined ? typeWords(type) : `${typeWords(type)} (${kind})`,
      `by ${actor}`,
      recordedAt.slice(0, 10),
      digest.slice(0, 12),
    ].join(', '),
  }));
  const kept = chosen
    .filter((digest) => !known.some((one) => one.value === digest))
    .map((digest) => ({ value: digest, label: digest.slice(0, 12) }));
  return (
    <MultiSelect
      {...props}
      searchable
      placeholder={chosen.length === 0 ? 'type to search the records of the model' : ''}
      nothingFoundMessage="no record of the model is like that"
      limit={50}
      data={[...known, ...kept]}
      value={[...chosen]}
      onChange={(digests) => onChange(digests.join('\n'))}
    />
  );
}
