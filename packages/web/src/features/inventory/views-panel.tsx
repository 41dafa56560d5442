// SPDX-License-Identifier: Apache-2.0
import { ActionIcon, Button, TextInput } from '@mantine/core';
import { IconX } from '@tabler/icons-react';
import { Link } from '@tanstack/react-router';
import { type FormEvent, useState } from 'react';
import type { InventorySearch } from './inventory-view.ts';
import { forgetView, savedViews, saveView } from './saved-views.ts';

/** Views of this browser; the address of each can be handed on. */
export function ViewsPanel({ search }: { readonly search: InventorySearch }) {
  const [views, setViews] = useState(() => savedViews(localStorage));
  const [name, setName] = useState('');
  const save = (event: FormEvent) => {
    event.preventDefault();
    if (name.trim() === '') return;
    setViews(saveView(localStorage, { name: name.trim(), search }));
    setName('');
  };
  return (
    <details className="views" open={views.length > 0}>
      <summary>Saved views{views.length === 0 ? '' : ` (${views.length})`}</summary>
      <div className="row" style={{ marginTop: 10 }}>
        {views.map((view) => (
          <span key={view.name} className="view">
            <Link to="/inventory" search={view.search}>
              {view.name}
            </Link>
            <ActionIcon
              variant="subtle"
              size={24}
              aria-label={`forget the view ${view.name}`}
              onClick={() => setViews(forgetView(localStorage, view.name))}
            >
              <IconX size={14} />
            </ActionIcon>
          </span>
        ))}
        <form className="row" onSubmit={save}>
          <TextInput
            aria-label="Name of this view"
            placeholder="Name of this view"
            size="sm"
            maxLength={80}
            value={name}
            onChange={({ currentTarget }) => setName(currentTarget.value)}
          />
          <Button type="submit" variant="default" size="sm" disabled={name.trim() === ''}>
            Save this view
          </Button>
        </form>
      </div>
    </details>
  );
}
