// SPDX-License-Identifier: Apache-2.0
import { MutationCache, QueryCache, QueryClient } from '@tanstack/react-query';
import {
  createRootRouteWithContext,
  createRoute,
  createRouter,
  lazyRouteComponent,
  redirect,
} from '@tanstack/react-router';
import { z } from 'zod';
import { isSignedOut } from './api/api-error.ts';
import { AsOfParameter } from './api/as-of.ts';
import { meQuery } from './api/me.ts';
import { AsOfSearch } from './features/as-of/as-of-search.ts';
import { ChangesSearch } from './features/change-request/changes-search.ts';
import { DatasetSearch } from './features/dataset/dataset-search.ts';
import { ExamSearch } from './features/exam/exam-search.ts';
import { FindingsSearch } from './features/findings/finding-rows.ts';
import { GraphSearch } from './features/graph/graph-search.ts';
import { InventorySearch } from './features/inventory/inventory-view.ts';
import { PolicySearch } from './features/policy/policy-kinds.ts';
import { RegisterSearch } from './features/registers/register-search.ts';
import { ReviewsSearch } from './features/reviews/reviews-search.ts';
import { Frame } from './shell/frame.tsx';
import { Shell } from './shell/shell.tsx';
import { FailedPage, LoadingPage, UnknownPage } from './shell/states.tsx';

/** A session that has ended leads to the door, from there back to the page. */
function onFailure(error: unknown): void {
  const { pathname, href } = router.state.location;
  if (!isSignedOut(error) || pathname === '/sign-in') return;
  void router.navigate({ to: '/sign-in', search: { next: href } });
}

export const queryClient = new QueryClient({
  queryCache: new QueryCache({ onError: onFailure }),
  mutationCache: new MutationCache({ onError: onFailure }),
  defaultOptions: {
    queries: {
      staleTime: 10_000,
      // A refusal is an answer; asking again changes nothing.
      retry: false,
    },
  },
});

const root = createRootRouteWithContext<{ readonly queryClient: QueryClient }>()({
  component: Frame,
  notFoundComponent: UnknownPage,
});

/** A path on this site and nothing else: `//host` would be another. */
const NextPath = z
  .string()
  .regex(/^\/(?![/\\])/)
  .optional()
  .catch(undefined);

const signIn = createRoute({
  getParentRoute: () => root,
  path: '/sign-in',
  validateSearch: z.object({ next: NextPath }),
  component: lazyRouteComponent(() => import('./features/sign-in/sign-in-page.tsx'), 'SignInPage'),
});

const signedIn = createRoute({
  getParentRoute: () => root,
  id: 'signed-in',
  component: Shell,
  beforeLoad: async ({ context, location }) => {
    try {
      await context.queryClient.ensureQueryData(meQuery);
    } catch (error) {
      if (isSignedOut(error)) {
        throw redirect({ to: '/sign-in', search: { next: location.href }, replace: true });
      }
      throw error;
    }
  },
});

const home = createRoute({
  getParentRoute: () => signedIn,
  path: '/',
  beforeLoad: () => {
    throw redirect({ to: '/inbox', replace: true });
  },
});

const inbox = createRoute({
  getParentRoute: () => signedIn,
  path: '/inbox',
  component: lazyRouteComponent(() => import('./features/inbox/inbox-page.tsx'), 'InboxPage'),
});

const changes = createRoute({
  getParentRoute: () => signedIn,
  path: '/changes',
  validateSearch: ChangesSearch,
  component: lazyRouteComponent(
    () => import('./features/change-request/change-requests-page.tsx'),
    'ChangeRequestsPage',
  ),
});

const change = createRoute({
  getParentRoute: () => signedIn,
  path: '/changes/$digest',
  component: lazyRouteComponent(
    () => import('./features/change-request/change-request-page.tsx'),
    'ChangeRequestPage',
  ),
});

/** What a form is about, in its address. */
const SubjectSearch = z.object({
  model: z.string().optional().catch(undefined),
  use: z.string().optional().catch(undefined),
  version: z.int().min(1).optional().catch(undefined),
});

const changeNew = createRoute({
  getParentRoute: () => signedIn,
  path: '/changes/new',
  validateSearch: SubjectSearch,
  component: lazyRouteComponent(
    () => import('./features/change-request/submit-page.tsx'),
    'SubmitPage',
  ),
});

const intake = createRoute({
  getParentRoute: () => signedIn,
  path: '/intake',
  component: lazyRouteComponent(() => import('./features/intake/intake-page.tsx'), 'IntakePage'),
});

const intakeModel = createRoute({
  getParentRoute: () => signedIn,
  path: '/intake/model',
  validateSearch: SubjectSearch.pick({ model: true }),
  component: lazyRouteComponent(() => import('./features/intake/entry-page.tsx'), 'EntryPage'),
});

const intakeTier = createRoute({
  getParentRoute: () => signedIn,
  path: '/intake/tier',
  validateSearch: SubjectSearch.pick({ model: true, use: true }),
  component: lazyRouteComponent(() => import('./features/intake/tier-page.tsx'), 'TierPage'),
});

const papers = createRoute({
  getParentRoute: () => signedIn,
  path: '/evidence',
  validateSearch: SubjectSearch,
  component: lazyRouteComponent(() => import('./features/evidence/papers-page.tsx'), 'PapersPage'),
});

const paper = createRoute({
  getParentRoute: () => signedIn,
  path: '/evidence/$paper',
  validateSearch: SubjectSearch.extend({ dataset: z.string().optional().catch(undefined) }),
  component: lazyRouteComponent(() => import('./features/evidence/paper-page.tsx'), 'PaperPage'),
});

const findingNew = createRoute({
  getParentRoute: () => signedIn,
  path: '/findings/new',
  validateSearch: SubjectSearch,
  component: lazyRouteComponent(
    () => import('./features/findings/finding-open-page.tsx'),
    'FindingOpenPage',
  ),
});

const finding = createRoute({
  getParentRoute: () => signedIn,
  path: '/findings/$model/$id',
  component: lazyRouteComponent(
    () => import('./features/findings/finding-page.tsx'),
    'FindingPage',
  ),
});

const findingStep = createRoute({
  getParentRoute: () => signedIn,
  path: '/findings/$model/$id/$step',
  component: lazyRouteComponent(
    () => import('./features/findings/finding-step-page.tsx'),
    'FindingStepPage',
  ),
});

const reviewRecord = createRoute({
  getParentRoute: () => signedIn,
  path: '/reviews/$model/$use',
  component: lazyRouteComponent(
    () => import('./features/reviews/review-record-page.tsx'),
    'ReviewRecordPage',
  ),
});

const attest = createRoute({
  getParentRoute: () => signedIn,
  path: '/reviews/attest/$campaign/$model',
  component: lazyRouteComponent(() => import('./features/reviews/attest-page.tsx'), 'AttestPage'),
});

const sign = createRoute({
  getParentRoute: () => signedIn,
  path: '/changes/$digest/sign',
  validateSearch: z.object({
    decision: z.enum(['approve', 'reject']).optional().catch(undefined),
    role: z.string().optional().catch(undefined),
  }),
  component: lazyRouteComponent(
    () => import('./features/change-request/sign-page.tsx'),
    'SignPage',
  ),
});

const inventory = createRoute({
  getParentRoute: () => signedIn,
  path: '/inventory',
  validateSearch: InventorySearch,
  component: lazyRouteComponent(
    () => import('./features/inventory/inventory-page.tsx'),
    'InventoryPage',
  ),
});

const graph = createRoute({
  getParentRoute: () => signedIn,
  path: '/inventory/graph',
  validateSearch: GraphSearch,
  component: lazyRouteComponent(() => import('./features/graph/graph-page.tsx'), 'GraphPage'),
});

const registers = createRoute({
  getParentRoute: () => signedIn,
  path: '/registers',
  beforeLoad: () => {
    throw redirect({ to: '/registers/$register', params: { register: 'overlays' }, replace: true });
  },
});

const register = createRoute({
  getParentRoute: () => signedIn,
  path: '/registers/$register',
  validateSearch: RegisterSearch,
  component: lazyRouteComponent(
    () => import('./features/registers/registers-page.tsx'),
    'RegistersPage',
  ),
});

const asOf = createRoute({
  getParentRoute: () => signedIn,
  path: '/as-of',
  validateSearch: AsOfSearch,
  component: lazyRouteComponent(() => import('./features/as-of/as-of-page.tsx'), 'AsOfPage'),
});

const exam = createRoute({
  getParentRoute: () => signedIn,
  path: '/exam',
  validateSearch: ExamSearch,
  component: lazyRouteComponent(() => import('./features/exam/exam-page.tsx'), 'ExamPage'),
});

const model = createRoute({
  getParentRoute: () => signedIn,
  path: '/models/$model',
  validateSearch: z.object({ 'as-of': AsOfParameter }),
  component: lazyRouteComponent(() => import('./features/model/model-page.tsx'), 'ModelPage'),
});

const version = createRoute({
  getParentRoute: () => signedIn,
  path: '/models/$model/versions/$version',
  params: {
    parse: ({ model: name, version: number }) => ({ model: name, version: Number(number) }),
    stringify: ({ model: name, version: number }) => ({ model: name, version: String(number) }),
  },
  validateSearch: z.object({ use: z.string().optional().catch(undefined), 'as-of': AsOfParameter }),
  component: lazyRouteComponent(() => import('./features/version/version-page.tsx'), 'VersionPage'),
});

const versionData = createRoute({
  getParentRoute: () => signedIn,
  path: '/models/$model/versions/$version/data',
  params: {
    parse: ({ model: name, version: number }) => ({ model: name, version: Number(number) }),
    stringify: ({ model: name, version: number }) => ({ model: name, version: String(number) }),
  },
  validateSearch: DatasetSearch,
  component: lazyRouteComponent(() => import('./features/dataset/dataset-page.tsx'), 'DatasetPage'),
});

const record = createRoute({
  getParentRoute: () => signedIn,
  path: '/records/$digest',
  component: lazyRouteComponent(() => import('./features/records/record-page.tsx'), 'RecordPage'),
});

const findings = createRoute({
  getParentRoute: () => signedIn,
  path: '/findings',
  validateSearch: FindingsSearch,
  component: lazyRouteComponent(
    () => import('./features/findings/findings-page.tsx'),
    'FindingsPage',
  ),
});

const reviews = createRoute({
  getParentRoute: () => signedIn,
  path: '/reviews',
  validateSearch: ReviewsSearch,
  component: lazyRouteComponent(() => import('./features/reviews/reviews-page.tsx'), 'ReviewsPage'),
});

const policy = createRoute({
  getParentRoute: () => signedIn,
  path: '/policy',
  validateSearch: PolicySearch,
  component: lazyRouteComponent(() => import('./features/policy/policy-page.tsx'), 'PolicyPage'),
});

const keys = createRoute({
  getParentRoute: () => signedIn,
  path: '/keys',
  component: lazyRouteComponent(() => import('./features/keys/keys-page.tsx'), 'KeysPage'),
});

const people = createRoute({
  getParentRoute: () => signedIn,
  path: '/people',
  component: lazyRouteComponent(() => import('./features/people/people-page.tsx'), 'PeoplePage'),
});

const account = createRoute({
  getParentRoute: () => signedIn,
  path: '/account',
  component: lazyRouteComponent(() => import('./features/account/account-page.tsx'), 'AccountPage'),
});

export const router = createRouter({
  routeTree: root.addChildren([
    signIn,
    signedIn.addChildren([
      home,
      inbox,
      inventory,
      graph,
      registers,
      register,
      asOf,
      exam,
      model,
      version,
      versionData,
      record,
      changes,
      change,
      changeNew,
      sign,
      intake,
      intakeModel,
      intakeTier,
      papers,
      paper,
      findings,
      findingNew,
      finding,
      findingStep,
      reviewRecord,
      attest,
      reviews,
      policy,
      keys,
      people,
      account,
    ]),
  ]),
  context: { queryClient },
  defaultPendingComponent: LoadingPage,
  defaultErrorComponent: FailedPage,
  defaultPendingMs: 150,
  defaultPreload: 'intent',
  scrollRestoration: true,
});

declare module '@tanstack/react-router' {
  interface Register {
    router: typeof router;
  }
}
