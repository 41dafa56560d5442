// SPDX-License-Identifier: Apache-2.0
import { type NoticeSettingsReply, noticesRoutes } from '@countersign/contract';
import { Button, Radio, TextInput } from '@mantine/core';
import { queryOptions, useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { call } from '../../api/client.ts';
import { Panel } from '../../shell/panel.tsx';
import { Loading, Problem } from '../../shell/states.tsx';
import { SentNotices } from './sent-notices.tsx';

const settingsQuery = queryOptions({
  queryKey: ['notice-settings'],
  queryFn: ({ signal }) => call(noticesRoutes.settings, { signal }),
});

/** When and where somebody is written to, and what was written. */
export function NoticesPanel() {
  const { data, error } = useQuery(settingsQuery);
  return (
    <Panel title="Notices">
      {error === null ? null : <Problem error={error} />}
      {data === undefined && error === null ? <Loading what="Reading your notices…" /> : null}
      {data === undefined ? null : <Settings settings={data} />}
      <SentNotices />
    </Panel>
  );
}

type Pace = NoticeSettingsReply['email'];

function Settings({ settings }: { readonly settings: NoticeSettingsReply }) {
  const [email, setEmail] = useState<Pace>(settings.email);
  const [address, setAddress] = useState(settings.address ?? '');
  const client = useQueryClient();
  const save = useMutation({
    mutationFn: () =>
      call(noticesRoutes.setSettings, {
        body: {
          email,
          // What was not touched stays as it is: an address of one's own takes a listed domain.
          ...(address === (settings.address ?? '')
            ? {}
            : { address: address === '' ? null : address }),
        },
      }),
    onSuccess: (saved) => client.setQueryData(settingsQuery.queryKey, saved),
  });
  const { at, zone } = settings.digest;
  const paces: readonly (readonly [Pace, string, string])[] = [
    ['at-once', 'At once', 'A message for whatever comes to wait for you or will lapse.'],
    ['daily', 'Once a day', `One message at ${at}, ${zone}; what is urgent at once.`],
    ['urgent', 'Only what is urgent', 'The rest waits in your inbox here.'],
  ];
  const submit = (event: FormEvent) => {
    event.preventDefault();
    save.mutate();
  };
  return (
    <form className="stack" style={{ gap: 14, maxWidth: 520 }} onSubmit={submit}>
      {settings.address === null ? (
        <div className="muted">
          No mail server is set, so nothing is mailed: what waits for you stands in your inbox. Two
          people sign where notices go; see <code>countersign notices --help</code>.
        </div>
      ) : null}
      {save.error === null ? null : <Problem error={save.error} />}
      {save.isSuccess ? <div role="status">Saved.</div> : null}
      <Radio.Group
        label="By e-mail"
        description="Notices about keys and administrators come at once whatever is chosen."
        value={email}
        onChange={(value) => setEmail(paces.find(([id]) => id === value)?.[0] ?? email)}
      >
        <div className="tight" style={{ marginTop: 8 }}>
          {paces.map(([value, label, description]) => (
            <Radio key={value} value={value} label={label} description={description} />
          ))}
        </div>
      </Radio.Group>
      {settings.domains.length === 0 ? null : (
        <TextInput
          label="Address"
          description={`In ${settings.domains.join(', ')}; your account’s own when empty`}
          type="email"
          value={address}
          onChange={({ currentTarget }) => setAddress(currentTarget.value)}
        />
      )}
      <div>
        <Button type="submit" variant="default" loading={save.isPending}>
          Save
        </Button>
      </div>
    </form>
  );
}
