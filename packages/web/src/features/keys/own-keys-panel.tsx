// SPDX-License-Identifier: Apache-2.0
import { useMe } from '../../api/me.ts';
import { Digest } from '../../shell/digest.tsx';
import { KeyDates, KeyStanding } from '../../shell/key-standing.tsx';
import { Panel } from '../../shell/panel.tsx';

export function OwnKeysPanel() {
  const { keys } = useMe();
  return (
    <Panel title="Your enrolled keys">
      {keys.length === 0 ? (
        <div className="muted">
          None yet. Until a key of yours is enrolled you hold no duty and can sign nothing.
        </div>
      ) : (
        <table className="grid folds">
          <thead>
            <tr>
              <th scope="col">Key</th>
              <th scope="col">Kind</th>
              <th scope="col">Roles</th>
              <th scope="col">Standing</th>
              <th scope="col">Dates</th>
            </tr>
          </thead>
          <tbody>
            {keys.map((key) => (
              <tr key={key.keyid}>
                <td>
                  <Digest value={key.keyid} of="the key id" />
                </td>
                <td data-label="Kind">
                  {key.webauthn === undefined ? 'key file' : `passkey at ${key.webauthn.rpId}`}
                </td>
                <td data-label="Roles">{key.roles.join(', ')}</td>
                <td data-label="Standing">
                  <KeyStanding of={key} />
                </td>
                <td data-label="Dates">
                  <KeyDates of={key} />
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </Panel>
  );
}
