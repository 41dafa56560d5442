// SPDX-License-Identifier: Apache-2.0
import {
  type Envelope,
  type Json,
  type Predicate,
  type ProofBundle,
  readProofBundle,
} from '@countersign/kernel';
import {
  printedName,
  type TestDraft,
  type TestServer,
} from '../packages/server/tests/server-fixture.ts';

export interface Reply {
  readonly status: number;
  readonly body: { readonly [member: string]: unknown };
  readonly headers: Headers;
}

export type Caller = string | { readonly token: string } | undefined;

export interface ApprovalChange {
  readonly content?: { readonly [member: string]: Json };
  /** Digest of the statement's subject, if not the change request. */
  readonly subject?: string;
  readonly actor?: string;
  readonly subjectRef?: Predicate['subjectRef'];
}

/** Calls of the API, and what is sent with them. */
export type FirmApi = ReturnType<typeof apiOf>;

export function apiOf(server: TestServer, url: string) {
  const tokenOf = (caller: Exclude<Caller, undefined>) =>
    typeof caller === 'string' ? server.person(caller).token : caller.token;
  const call = async (caller: Caller, path: string, init: RequestInit) => {
    const bearer = caller === undefined ? {} : { authorization: `Bearer ${tokenOf(caller)}` };
    const response = await fetch(url + path, { ...init, headers: { ...init.headers, ...bearer } });
    const text = await response.text();
    const isJson = response.headers.get('content-type')?.includes('json') ?? false;
    const body = (isJson ? JSON.parse(text) : { text }) as Reply['body'];
    return { status: response.status, body, headers: response.headers };
  };
  const as = (caller: Caller) => ({
    get: (path: string) => call(caller, path, {}),
    post: (path: string, body: unknown) =>
      call(caller, path, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: typeof body === 'string' ? body : JSON.stringify(body),
      }),
    put: (path: string, bytes: Uint8Array) =>
      call(caller, path, {
        method: 'PUT',
        headers: { 'content-type': 'application/octet-stream' },
        body: Buffer.from(bytes),
      }),
  });
  const approvalDraft = async (
    by: string,
    role: string,
    change: string,
    over: ApprovalChange = {},
  ): Promise<TestDraft> => {
    const { body } = await as('audit').get(`/v1/change-requests/${change}`);
    const view = body as unknown as {
      subject: Predicate['subjectRef'];
      evidence: string[];
      verdict: { approvals: { role: string; gate: string; meaning: string }[] };
    };
    const rule = view.verdict.approvals.find((one) => one.role === role);
    return {
      type: 'approval-record',
      scope: 'version',
      subjectRef: over.subjectRef ?? view.subject,
      subjectDigest: over.subject ?? change,
      actor: over.actor ?? by,
      source: [change],
      content: {
        changeRequest: change,
        gate: rule?.gate ?? 'gate/approval',
        role,
        decision: 'approve',
        meaning: rule?.meaning ?? 'approved',
        printedName: printedName(by),
        statement: 'I have read the evidence and approve.',
        evidence: view.evidence,
        ...over.content,
      },
    };
  };
  const sign = (draft: TestDraft, ...accounts: readonly string[]) => server.sign(draft, accounts);
  return {
    as,
    sign,
    approvalDraft,
    send: (caller: Caller, ...envelopes: readonly Envelope[]) =>
      as(caller).post('/v1/records', { envelopes }),
    approval: async (by: string, role: string, change: string, over?: ApprovalChange) =>
      sign(await approvalDraft(by, role, change, over), by),
    promote: (account: string, change: string) =>
      as(account).post(`/v1/change-requests/${change}/promote`, {}),
    bundle: async (warrant: string): Promise<ProofBundle> => {
      const { body } = await as('olaf').get(`/v1/bundles/${warrant}`);
      return readProofBundle(body as Json);
    },
  };
}
