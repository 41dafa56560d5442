// SPDX-License-Identifier: Apache-2.0
import { Select } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { peopleQuery } from '../../api/people.ts';

export interface ReplacedKeyProps {
  readonly account: string | undefined;
  readonly value: string;
  readonly onChange: (keyid: string) => void;
}

/** Which of the holder's keys the new one takes the place of, where there is one. */
export function ReplacedKey({ account, value, onChange }: ReplacedKeyProps) {
  const { data } = useQuery(peopleQuery);
  const keys = data?.people.find((one) => one.account === account)?.keys ?? [];
  const replaceable = keys.filter(({ standing }) => standing !== 'retired');
  if (replaceable.length === 0) return null;
  return (
    <Select
      label="Takes the place of"
      description="That key is retired when the new one takes effect; its holder may confirm with it."
      placeholder="none of their keys"
      clearable
      data={replaceable.map(({ keyid, roles, standing }) => ({
        value: keyid,
        label: `${keyid.slice(0, 12)} (${roles.join(', ')}, ${standing})`,
      }))}
      value={value === '' ? null : value}
      onChange={(chosen) => onChange(chosen ?? '')}
    />
  );
}
