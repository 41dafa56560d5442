// SPDX-License-Identifier: Apache-2.0

export type PasskeyErrorCode =
  | 'cancelled'
  | 'not-allowed-here'
  | 'not-a-passkey'
  | 'unsupported'
  | 'unusable'
  | 'unverified';

/** Why an authenticator did not sign, in words that say what to do. */
export class PasskeyError extends Error {
  readonly code: PasskeyErrorCode;

  constructor(code: PasskeyErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'PasskeyError';
    this.code = code;
  }

  /** Runs a call of the browser's, and gives its refusals a cause that people can act on. */
  static async translated<T>(run: () => Promise<T>): Promise<T> {
    if (!isSecureContext || typeof PublicKeyCredential === 'undefined') {
      throw new PasskeyError(
        'not-allowed-here',
        `this browser offers no passkeys at ${location.origin}: they need https, or http://localhost`,
      );
    }
    if (/^[\d.]+$|:/.test(location.hostname)) {
      throw new PasskeyError(
        'not-allowed-here',
        `passkeys belong to a name, not to the address ${location.hostname}: open ${location.origin.replace(location.hostname, 'localhost')} or the firm's own name`,
      );
    }
    try {
      return await run();
    } catch (cause) {
      throw translate(cause);
    }
  }
}

function translate(cause: unknown): PasskeyError {
  const name = cause instanceof DOMException ? cause.name : '';
  if (name === 'NotAllowedError' || name === 'AbortError') {
    return new PasskeyError(
      'cancelled',
      'nothing was signed: it was cancelled, took too long, or the authenticator could not verify that it is you (fingerprint, face or PIN)',
      { cause },
    );
  }
  if (name === 'SecurityError') {
    return new PasskeyError(
      'not-allowed-here',
      `the key belongs to another address than ${location.origin}: open the one under which it was made`,
      { cause },
    );
  }
  if (name === 'InvalidStateError') {
    return new PasskeyError('unusable', 'this authenticator holds this key already', { cause });
  }
  const detail = cause instanceof Error ? `: ${cause.message}` : '';
  return new PasskeyError('unusable', `the authenticator refused${detail}`, { cause });
}
