// SPDX-License-Identifier: Apache-2.0
import { Link } from '@tanstack/react-router';
import type { Subject } from './form/subject-form.tsx';

/** Where work on a model, a use or a version goes on; each page says whether the reader may. */
export function Doing({ model, use, version }: Subject & { readonly model: string }) {
  return (
    <nav className="row small" aria-label="Work on it">
      <Link to="/evidence" search={{ model, use, version }}>
        Papers
      </Link>
      <Link to="/findings/new" search={{ model, use, version }}>
        Open a finding
      </Link>
      {version === undefined ? (
        <>
          <Link to="/intake/model" search={{ model }}>
            Revise the entry
          </Link>
          <Link to="/intake/tier" search={{ model, use }}>
            Tier a use
          </Link>
        </>
      ) : (
        <Link to="/changes/new" search={{ model, use, version }}>
          Propose a change
        </Link>
      )}
    </nav>
  );
}
