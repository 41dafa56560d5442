// SPDX-License-Identifier: Apache-2.0
import { recordRoutes, registryRoutes } from '@countersign/contract';
import type { InventoryEntryContent } from '@countersign/kernel';
import { useQuery } from '@tanstack/react-query';
import { getRouteApi, Link, useNavigate } from '@tanstack/react-router';
import { call } from '../../api/client.ts';
import { useMe } from '../../api/me.ts';
import { useAbility } from '../../shell/abilities.tsx';
import { ActForm } from '../../shell/form/act-form.tsx';
import { Page } from '../../shell/page.tsx';
import { Empty, Loading, Problem } from '../../shell/states.tsx';
import { useEscape } from '../../shell/use-escape.ts';
import { Words } from '../../shell/words.tsx';
import { ENTRY_FIELDS, entrySaid, entryValues } from './entry-fields.ts';

const route = getRouteApi('/signed-in/intake/model');

/** The model card: an inventory entry, new or begun with the words of the one in force. */
export function EntryPage() {
  const { model } = route.useSearch();
  const navigate = useNavigate();
  useEscape(() => void navigate({ to: '/intake' }));
  return (
    <Page
      title={model === undefined ? 'Propose a model' : `Revise the entry of ${model}`}
      lede={
        <>
          The model card, signed by its owner, its developer or model risk.{' '}
          <Link to="/intake">All of intake</Link>
        </>
      }
    >
      {model === undefined ? <Entry entry={{}} /> : <Revising key={model} model={model} />}
    </Page>
  );
}

/** The entry in force as the form begins with it: read once, so that signing the next one does not begin another form. */
function entryQuery(model: string) {
  return {
    queryKey: ['entry-form', model],
    refetchOnWindowFocus: false,
    queryFn: async ({ signal }: { readonly signal: AbortSignal }) => {
      const { entry } = await call(registryRoutes.model, { params: { model }, signal });
      if (entry === undefined) return {};
      const { statement } = await call(recordRoutes.get, { params: { digest: entry }, signal });
      const { predicate } = statement as unknown as {
        readonly predicate: { readonly content: Partial<InventoryEntryContent> };
      };
      return predicate.content;
    },
  } as const;
}

function Revising({ model }: { readonly model: string }) {
  const { data, error } = useQuery(entryQuery(model));
  if (error !== null) return <Problem error={error} />;
  if (data === undefined) return <Loading what="Reading the entry in force…" />;
  return <Entry entry={data} model={model} />;
}

interface EntryProps {
  readonly entry: Partial<InventoryEntryContent>;
  /** Of an entry that is revised. */
  readonly model?: string;
}

function Entry({ entry, model }: EntryProps) {
  const { account } = useMe();
  const ability = useAbility({ model }, 'propose');
  if (ability === undefined) return <Loading what="Asking what you can do…" />;
  if (!ability.allowed) {
    return (
      <Empty title="You cannot propose a model">
        <p>
          <Words text={ability.why ?? ''} />
        </p>
      </Empty>
    );
  }
  const isNew = model === undefined;
  const initial = entryValues(model ?? '', isNew ? { owner: account, origin: 'built' } : entry);
  return (
    <ActForm
      name={`entry/${model ?? 'new'}`}
      fields={isNew ? ENTRY_FIELDS : ENTRY_FIELDS.filter(({ name }) => name !== 'model')}
      initial={initial}
      toAct={(values) => ({
        act: 'propose',
        model: model ?? values.model,
        ...entrySaid(values, entry),
      })}
      after={
        <>
          <Link to="/inventory">See the inventory</Link>
          <Link to="/intake/tier" search={{ model }}>
            Tier a use
          </Link>
          <Link to="/evidence" search={{ model }}>
            Write its papers
          </Link>
        </>
      }
    />
  );
}
