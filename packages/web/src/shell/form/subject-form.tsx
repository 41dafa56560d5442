// SPDX-License-Identifier: Apache-2.0
import { NativeSelect } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { inventoryQuery, versionsQuery } from '../../api/registry.ts';
import { Problem } from '../states.tsx';

export interface Subject {
  readonly model?: string | undefined;
  readonly use?: string | undefined;
  readonly version?: number | undefined;
}

interface SubjectFormProps {
  readonly subject: Subject;
  /** The choice stands in the address, so that it can be sent on. */
  readonly onChosen: (subject: Subject) => void;
  readonly canNameVersion?: boolean;
  readonly mustNameVersion?: boolean;
}

/** What a form is about, chosen from the inventory. */
export function SubjectForm(props: SubjectFormProps) {
  const { subject, onChosen, canNameVersion = false, mustNameVersion = false } = props;
  const { data, error } = useQuery(inventoryQuery);
  const models = data?.models ?? [];
  const uses = models.find(({ model }) => model === subject.model)?.uses ?? [];
  const choose = (model: string) => {
    const its = models.find((one) => one.model === model)?.uses ?? [];
    // Where there is one alone it is the one.
    const [only, other] = its;
    const use = other === undefined ? only?.use : undefined;
    onChosen(model === '' ? {} : { model, use });
  };
  return (
    <div className="subject">
      {error === null ? null : <Problem error={error} />}
      <NativeSelect
        label="Model"
        size="md"
        data={options(
          models.map(({ model }) => model),
          subject.model,
        )}
        value={subject.model ?? ''}
        onChange={({ currentTarget }) => choose(currentTarget.value)}
      />
      <NativeSelect
        label="Use"
        size="md"
        disabled={subject.model === undefined}
        data={options(
          uses.map(({ use }) => use),
          subject.use,
        )}
        value={subject.use ?? ''}
        onChange={({ currentTarget }) =>
          onChosen({ model: subject.model, use: nameOf(currentTarget.value) })
        }
      />
      {canNameVersion || mustNameVersion ? (
        <VersionSelect subject={subject} mustName={mustNameVersion} onChosen={onChosen} />
      ) : null}
    </div>
  );
}

interface VersionSelectProps extends Pick<SubjectFormProps, 'subject' | 'onChosen'> {
  readonly mustName: boolean;
}

function VersionSelect({ subject, mustName, onChosen }: VersionSelectProps) {
  const { model = '' } = subject;
  const { data } = useQuery({ ...versionsQuery(model), enabled: model !== '' });
  const versions = (data?.versions ?? []).map(({ version }) => String(version));
  return (
    <NativeSelect
      label={mustName ? 'Version' : 'Version (may be left out)'}
      size="md"
      disabled={versions.length === 0}
      data={options(versions, subject.version?.toString())}
      value={subject.version?.toString() ?? ''}
      onChange={({ currentTarget }) => {
        const { value } = currentTarget;
        onChosen({ ...subject, version: value === '' ? undefined : Number(value) });
      }}
    />
  );
}

/** What an address names stands in the list, whether or not the inventory has come. */
function options(names: readonly string[], chosen: string | undefined) {
  const all = chosen === undefined || names.includes(chosen) ? names : [...names, chosen];
  return [{ value: '', label: 'choose…' }, ...all.map((value) => ({ value, label: value }))];
}

function nameOf(value: string): string | undefined {
  return value === '' ? undefined : value;
}
