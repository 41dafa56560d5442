// SPDX-License-Identifier: Apache-2.0
import { Autocomplete, Checkbox, NativeSelect, Textarea, TextInput } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { peopleQuery } from '../../api/people.ts';
import type { Field } from './field.ts';
import { RecordsInput } from './records-input.tsx';

export interface FieldInputProps {
  readonly field: Field;
  readonly value: string | boolean;
  /** What the server said of it. */
  readonly problem?: string | undefined;
  readonly onChange: (value: string | boolean) => void;
}

/** One field of a form with its label, what it is for, and what is wrong with it. */
export function FieldInput({ field, value, problem, onChange }: FieldInputProps) {
  const { kind, name, description } = field;
  const label = field.isOptional === true ? `${field.label} (may be left out)` : field.label;
  const common = {
    label,
    description,
    name,
    error: problem,
  };
  const text = String(value);
  switch (kind) {
    case 'line':
      return (
        <TextInput
          {...common}
          value={text}
          onChange={({ currentTarget }) => onChange(currentTarget.value)}
        />
      );
    case 'day':
      return (
        <TextInput
          {...common}
          type="date"
          styles={{ input: { maxWidth: 220 } }}
          value={text}
          onChange={({ currentTarget }) => onChange(currentTarget.value)}
        />
      );
    case 'text':
    case 'lines':
      return (
        <Textarea
          {...common}
          autosize
          minRows={kind === 'lines' ? 2 : 3}
          maxRows={16}
          value={text}
          onChange={({ currentTarget }) => onChange(currentTarget.value)}
        />
      );
    case 'choice':
      return (
        <NativeSelect
          {...common}
          size="md"
          styles={{ wrapper: { maxWidth: 520 } }}
          data={[{ value: '', label: 'choose…' }, ...field.choices]}
          value={text}
          onChange={({ currentTarget }) => onChange(currentTarget.value)}
        />
      );
    case 'check':
      return (
        <Checkbox
          {...common}
          size="md"
          checked={value === true}
          onChange={({ currentTarget }) => onChange(currentTarget.checked)}
        />
      );
    case 'person':
      return <PersonInput {...common} value={text} onChange={onChange} />;
    case 'records':
      return <RecordsInput {...common} model={field.model} value={text} onChange={onChange} />;
  }
}

interface PersonInputProps {
  readonly label: string;
  readonly description: string | undefined;
  readonly name: string;
  readonly error: string | undefined;
  readonly value: string;
  readonly onChange: (value: string) => void;
}

/** An account of the firm; one that is not listed is for the server to refuse or take. */
function PersonInput({ onChange, ...props }: PersonInputProps) {
  const { data } = useQuery(peopleQuery);
  const accounts = data?.people.map(({ account }) => account) ?? [];
  return (
    <Autocomplete
      {...props}
      size="md"
      styles={{ input: { maxWidth: 360 } }}
      data={accounts}
      onChange={onChange}
    />
  );
}
