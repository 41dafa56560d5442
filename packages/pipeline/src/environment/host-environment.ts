// SPDX-License-Identifier: Apache-2.0

/** What the platform's own tools (pip, python) may take from the caller: where they are and how the network is reached. */
const HOST_NAMES = ['PATH', 'HOME'];
const NETWORK_NAMES = [
  'HTTP_PROXY',
  'HTTPS_PROXY',
  'NO_PROXY',
  'http_proxy',
  'https_proxy',
  'no_proxy',
  'SSL_CERT_FILE',
  'SSL_CERT_DIR',
  'REQUESTS_CA_BUNDLE',
];
const PIP_NAMES = [
  'PIP_INDEX_URL',
  'PIP_EXTRA_INDEX_URL',
  'PIP_CERT',
  'PIP_FIND_LINKS',
  'PIP_DEFAULT_TIMEOUT',
];

type Variables = Readonly<Record<string, string | undefined>>;

/** Variables for pip and for finding the interpreter. A hash lock makes their source irrelevant to what is installed. */
export function hostToolEnvironment(caller: Variables): Readonly<Record<string, string>> {
  return pick(caller, [...HOST_NAMES, ...NETWORK_NAMES, ...PIP_NAMES]);
}

/** Proxy and certificate variables for a step with `network: true`; those with credentials are never passed on. */
export function networkStepEnvironment(caller: Variables): Readonly<Record<string, string>> {
  const picked = pick(caller, NETWORK_NAMES);
  return Object.fromEntries(
    Object.entries(picked).filter(([, value]) => !/:\/\/[^/]*@/.test(value)),
  );
}

function pick(caller: Variables, names: readonly string[]): Readonly<Record<string, string>> {
  return Object.fromEntries(
    names.flatMap((name) => {
      const value = caller[name];
      return value === undefined ? [] : [[name, value]];
    }),
  );
}
