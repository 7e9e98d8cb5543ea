import { targetHash, type WindowTarget } from '../../main/api/window-target.ts';
import type { History } from '../../main/model/activity-entry.ts';
import type { Snapshot } from '../../main/model/agent-view.ts';
import { AppError } from '../../main/model/app-error.ts';
import { defaultSettings, defaultSettingsFrom } from '../../main/model/settings.ts';
import type { ShownWindow } from '../renderer/open-window.ts';
import {
  aCluster,
  aDenial,
  anAccount,
  anOrganisation,
  aRelease,
  aSetupPreview,
  someActivity,
} from '../renderer/shown.ts';
import { comparisonScenes } from './comparison-scenes.ts';
import {
  clusters,
  everyday,
  ledger,
  loyalty,
  now,
  paymentsProduction,
  paymentsStaging,
  search,
  trouble,
  warehouse,
} from './organisation.ts';

/** A state of the window that has a picture. */
export interface Scene {
  readonly snapshot: Partial<Snapshot>;
  /** 440 x 680 where undefined. */
  readonly size?: { readonly width: number; readonly height: number };
  /** Whether the system replaces the colours by a few of its own. */
  readonly forcedColors?: 'active';
  /** Brings the window there; resolves when it shows it. */
  arrange?(shown: ShownWindow): Promise<unknown>;
}

const wide = { width: 960, height: 680 };
const name = (words: string | RegExp) => ({ name: words, exact: true });
const press = ({ page }: ShownWindow, words: string) => page.getByRole('button', name(words)).click();
const heading = ({ page }: ShownWindow, words: string | RegExp) =>
  page.getByRole('heading', { name: words }).waitFor();
const past: History = {
  samples: Array.from({ length: 30 }, (_, at) => ({
    at: now - (30 - at) * 30_000,
    ...(at === 17 ? {} : { ms: 30 + ((at * 7) % 11) + (at === 12 ? 40 : 0) }),
  })),
  traffic: { connections: 2, sent: 18_400, received: 1_240_000 },
  entry: { file: '/home/rosa/.kube/config', name: paymentsStaging.title },
  failures: [],
};
/** The page of a cluster, by its row. */
const opened = async (shown: ShownWindow, title: string) => {
  await shown.row(title).getByRole('button', name(title)).click();
  await heading(shown, title);
};
/** Of the list: only what is near the view is there. */
const toEnd = ({ page }: ShownWindow) =>
  page.locator('.clusters').evaluate((list) => list.scrollTo(0, list.scrollHeight));
const go = async ({ page }: ShownWindow, target: WindowTarget) => {
  await page.locator('.row').first().waitFor();
  await page.evaluate((hash) => location.replace(hash), targetHash(target));
  await page.getByRole('alertdialog').waitFor();
};
const linkTo = (link: string): WindowTarget => ({ kind: 'link', link: `k8s-tunnels://${link}` });

const denied = aDenial('warehouse.k8s.acme.example', {
  at: now,
  message: 'Only people of the group logistics.',
  ray: '8f2a6b1c-FRA',
});

/** A configuration that somebody else may have changed. */
const aReview = {
  fields: [
    { field: 'access.team', value: 'acme-eu.cloudflareaccess.com', before: 'acme.cloudflareaccess.com' },
    {
      field: 'sources.vault.addresses[0].address',
      value: 'https://vault.eu.acme.example',
      before: 'https://vault.acme.example',
    },
  ],
  settings: [],
  remarks: [
    'You sign in to acme-eu.cloudflareaccess.com only; clusters of another Access team are refused.',
    'Your Vault token is sent to https://vault.eu.acme.example, unless VAULT_ADDR is set.',
    'It is not signed: who controls setup.acme.example can change it. A change of hosts, team, Vault, CA certificates or files waits for your consent.',
  ],
};

/** Production that opens read-only, and is connected. */
const readOnlyProduction: Partial<Snapshot> = {
  ...everyday,
  tunnels: (everyday.tunnels ?? []).map((tunnel) =>
    tunnel.cluster === search.id ? { ...tunnel, cluster: paymentsProduction.id } : tunnel,
  ),
  settings: { ...defaultSettings, ...everyday.settings, productionReadOnly: true },
};

/** Sets of the user's and of the organisation's; all clusters of one are connected. */
const withSets: Partial<Snapshot> = {
  ...everyday,
  sets: [
    { name: 'Morning', clusters: [paymentsStaging.id, search.id] },
    { name: 'On-prem', clusters: [warehouse.id], organisation: true },
    { name: 'Staging', clusters: [paymentsStaging.id, search.id, loyalty.id] },
    { name: 'What the night shift looks at', clusters: [ledger.id, paymentsProduction.id] },
  ],
};

export const scenes: Readonly<Record<string, Scene>> = {
  list: { snapshot: everyday, arrange: ({ row }) => row(paymentsStaging.title).waitFor() },
  'list-wide': {
    snapshot: everyday,
    size: wide,
    async arrange(shown) {
      shown.agent.handlers.history = async () => past;
      await heading(shown, paymentsStaging.title);
      await shown.page.locator('.sparkline').waitFor();
    },
  },
  'list-narrow': {
    snapshot: trouble,
    size: { width: 360, height: 680 },
    arrange: ({ row }) => row(search.title).waitFor(),
  },
  'list-320': {
    snapshot: trouble,
    size: { width: 320, height: 680 },
    arrange: ({ row }) => row(search.title).waitFor(),
  },
  'list-zoomed': {
    snapshot: trouble,
    size: { width: 220, height: 340 },
    arrange: ({ row }) => row(search.title).waitFor(),
  },
  'list-forced-colours': {
    snapshot: trouble,
    forcedColors: 'active',
    async arrange({ page, row, switchOf }) {
      await row(loyalty.title).click({ modifiers: ['Control'] });
      await page.getByText('1 selected').waitFor();
      await switchOf(ledger.title).focus();
      await page.keyboard.press('ArrowDown');
    },
  },
  'list-denied': {
    snapshot: { ...everyday, policies: [denied] },
    async arrange(shown) {
      await shown.row(paymentsStaging.title).waitFor();
      await toEnd(shown);
      await shown.page.getByRole('button', name('Show 1 cluster without access')).waitFor();
    },
  },
  'cluster-menu': {
    snapshot: everyday,
    async arrange({ page, switchOf }) {
      await switchOf(search.title).focus();
      await page.keyboard.press('Shift+F10');
      await page.getByRole('menuitem').first().waitFor();
    },
  },
  dragging: {
    snapshot: { ...everyday, favourites: [ledger.id, loyalty.id, warehouse.id] },
    async arrange({ page, row }) {
      const [from, to] = await Promise.all(
        [warehouse, ledger].map(({ title }) => row(title).locator('.row-line').boundingBox()),
      );
      await page.mouse.move((from?.x ?? 0) + 20, from?.y ?? 0);
      await page.mouse.down();
      await page.mouse.move((to?.x ?? 0) + 20, (to?.y ?? 0) + 8, { steps: 3 });
      await page.locator('.drop-line').waitFor();
    },
  },
  trouble: {
    snapshot: {
      ...trouble,
      logins: [
        {
          kind: 'access',
          title: 'acme.cloudflareaccess.com',
          url: 'https://acme.cloudflareaccess.com',
          since: now,
        },
      ],
    },
    async arrange(shown) {
      await shown.openNotices();
      await press(shown, 'Details');
    },
  },
  discovering: {
    snapshot: {
      ...everyday,
      discovery: { status: 'running', since: now - 1_000, cellsRead: 14, cellsKnown: 40, clusters: 6 },
      clusters: clusters.slice(0, 6),
    },
    arrange: ({ page }) => page.getByText('14 of 40').first().waitFor(),
  },
  'first-run': {
    snapshot: { settings: defaultSettings, discovery: { status: 'idle' } },
    async arrange(shown) {
      const { agent, page } = shown;
      agent.handlers.findings = async () => ({
        awsProfiles: ['payments', 'search', 'core'],
        clusterFiles: [],
      });
      agent.handlers.accounts = async () => ({
        accounts: [
          anAccount('acme', { endsAt: now + 8 * 3_600_000 }),
          anAccount('adc', { provider: 'gcp', who: 'rosa@acme.example', renews: true, ours: false }),
          anAccount('azure', {
            provider: 'azure',
            status: 'ended',
            needed: true,
            endsAt: now - 24 * 3_600_000,
          }),
        ],
      });
      await page.reload();
      await page.getByText('3 profiles').waitFor();
    },
  },
  'first-run-empty': {
    snapshot: { settings: defaultSettings, discovery: { status: 'idle' } },
    async arrange(shown) {
      const { agent, page } = shown;
      const azure = anAccount('organizations', { provider: 'azure', status: 'signed-out' });
      agent.handlers.accounts = async () => ({ accounts: [azure] });
      await page.reload();
      await press(shown, 'Sign in to AWS with a start URL');
      await page.getByLabel('Start URL of your AWS access portal').fill('acme');
      await press(shown, 'Sign in to AWS');
      await page.getByText('Not the start URL').waitFor();
    },
  },
  setup: {
    snapshot: everyday,
    async arrange(shown) {
      shown.agent.handlers['setup-preview'] = async () => aSetupPreview();
      await go(shown, linkTo('setup?url=https://setup.acme.example/k8s-tunnels.yaml'));
      await shown.page.getByRole('button', name('Set up')).waitFor();
    },
  },
  'setup-review': {
    snapshot: {
      ...everyday,
      organisation: anOrganisation({ pending: ['access.team', 'sources.vault.addresses[0].address'] }),
    },
    async arrange(shown) {
      shown.agent.handlers['setup-preview'] = async () => aSetupPreview(aReview);
      await shown.openNotices();
      await shown.page.getByRole('button', name('Review…')).click();
      await shown.page.getByRole('button', name('Accept')).waitFor();
    },
  },
  consent: {
    snapshot: everyday,
    async arrange(shown) {
      const { id: cluster, title } = loyalty;
      const consent = {
        cluster,
        title,
        session: 'login.acme.example',
        issuer: 'https://login.acme.example',
        clientId: 'kubernetes',
        server: 'https://loyalty.k8s.acme.example:6443',
        authority: 'a3f1c0de5b7e4d2f9a8c6b5d4e3f2a1b0c9d8e7f6a5b4c3d2e1f0a9b8c7d6e5f',
        allowed: false,
        changed: false,
        digest: 'x',
      };
      shown.agent.handlers.connect = async () => ({
        results: [
          { status: 'connected', cluster, title, context: title, port: 24_242, latencyMs: 31, consent },
        ],
        kubectl: {},
        warnings: [],
      });
      await shown.row(title).getByRole('switch').click();
      await heading(shown, 'Send your ID token');
    },
  },
  'ai-client': {
    snapshot: everyday,
    async arrange(shown) {
      await shown.row(search.title).waitFor();
      const confirmation = {
        id: 'a'.repeat(16),
        cluster: paymentsProduction.id,
        client: 'Claude Code',
        pid: 48_213,
        since: now,
      };
      shown.agent.tell({ kind: 'set', values: { confirmations: [confirmation] } });
      await heading(shown, 'Allow');
    },
  },
  'mixed-scripts': {
    snapshot: {
      ...everyday,
      clusters: [
        ...clusters,
        aCluster('p\u0430yments-prod-eu', { seenAt: now, version: '1.33', environment: 'production' }),
      ],
    },
    size: wide,
    arrange: (shown) => opened(shown, 'p\u0430yments-prod-eu'),
  },
  'first-discovery': {
    snapshot: { discovery: { status: 'running', since: now, cellsRead: 3, cellsKnown: 17, clusters: 0 } },
    arrange: (shown) => heading(shown, 'Loading your clusters'),
  },
  offline: {
    snapshot: everyday,
    async arrange({ agent, row, page }) {
      await row(search.title).waitFor();
      agent.stop();
      await page.getByText('The agent is not running').waitFor();
    },
  },
  'agent-failed': {
    snapshot: everyday,
    async arrange(shown) {
      await shown.row(search.title).waitFor();
      const file = '/home/rosa/.config/k8s-tunnels/settings.json';
      shown.agent.failWith(
        new AppError('bad-input', `Setting kubeconfigMode in ${file}: must be switch or add.`, {
          hint: 'Correct kubeconfigMode in that file, or remove it to get the default.',
        }),
      );
      await shown.page.reload();
      await heading(shown, 'The agent cannot start');
    },
  },
  search: {
    snapshot: everyday,
    async arrange({ page, row }) {
      await page.getByRole('searchbox').fill('pay');
      await page.keyboard.press('Escape');
      await row(paymentsProduction.title).waitFor();
    },
  },
  'search-nothing': {
    snapshot: everyday,
    async arrange(shown) {
      await shown.page.getByRole('searchbox').fill('serach');
      await shown.page.getByText('Did you mean').waitFor();
    },
  },
  sets: { snapshot: withSets, arrange: ({ row }) => row(paymentsStaging.title).waitFor() },
  'sets-narrow': {
    snapshot: withSets,
    size: { width: 320, height: 680 },
    arrange: ({ row }) => row(paymentsStaging.title).waitFor(),
  },
  'set-menu': {
    snapshot: withSets,
    async arrange(shown) {
      await press(shown, 'Actions for the set Staging');
      await shown.page.getByRole('menuitem', { name: 'Delete set' }).waitFor();
    },
  },
  'set-change': {
    snapshot: withSets,
    async arrange(shown) {
      await press(shown, 'Actions for the set Staging');
      await shown.page.getByRole('menuitem', { name: 'Change…' }).click();
      await shown.page.getByRole('searchbox', { name: 'Add clusters' }).fill('prod');
      await shown.page.getByRole('button', name(`Add ${ledger.title}`)).waitFor();
    },
  },
  'set-link': {
    snapshot: withSets,
    async arrange(shown) {
      await go(
        shown,
        linkTo(
          `set?name=On%20call&cluster=${ledger.title}&cluster=${paymentsProduction.title}&cluster=retired`,
        ),
      );
      await heading(shown, 'Save the set On call');
    },
  },
  'groups-collapsed': {
    snapshot: { ...everyday, collapsedGroups: ['account eks 111122223333', 'account eks 424242424242'] },
    async arrange(shown) {
      await press(shown, 'Filters and groups');
      await press(shown, 'Group by account');
      await shown.page.getByRole('menuitem', { name: 'Collapse all groups' }).waitFor();
    },
  },
  'filters-search': {
    snapshot: everyday,
    async arrange(shown) {
      await press(shown, 'Filters and groups');
      await press(shown, 'Filter');
      await shown.page.getByRole('searchbox', { name: 'Search filters' }).fill('eks');
      await shown.page.getByRole('menuitemcheckbox', { name: 'staging' }).waitFor({ state: 'detached' });
    },
  },
  'accounts-many': {
    snapshot: everyday,
    async arrange(shown) {
      shown.agent.handlers.accounts = async () => ({
        accounts: Array.from({ length: 60 }, (_, at) =>
          anAccount(`team-${String(at + 1).padStart(2, '0')}`, {
            store: '/home/rosa/.aws/sso/cache',
            ...(at % 12 === 5
              ? { status: 'ended', needed: true, endsAt: now - (at + 1) * 60_000 }
              : { endsAt: now + (at === 3 ? 0.4 : 7) * 3_600_000 }),
          }),
        ),
      });
      // The footer may have asked for them before.
      await shown.page.reload();
      await press(shown, 'Accounts');
      await shown.page.getByText('5 of 60').waitFor();
    },
  },
  filters: {
    snapshot: everyday,
    async arrange(shown) {
      await press(shown, 'Filters and groups');
      await press(shown, 'Filter');
      await shown.page.getByRole('menuitemcheckbox', { name: 'staging' }).waitFor();
    },
  },
  selection: {
    snapshot: everyday,
    async arrange({ page, row }) {
      for (const { title } of [search, loyalty, warehouse])
        await row(title).click({ modifiers: ['Control'] });
      await page.getByText('3 selected').waitFor();
    },
  },
  bar: {
    snapshot: { ...everyday, recent: [{ cluster: loyalty.id, at: now }] },
    async arrange({ page, row }) {
      await row(search.title).waitFor();
      await page.keyboard.press('Control+k');
      await page.getByRole('option').first().waitFor();
    },
  },
  'bar-results': {
    snapshot: everyday,
    async arrange({ page, row }) {
      await row(search.title).waitFor();
      await page.keyboard.type('s');
      await page.getByRole('option').first().waitFor();
    },
  },
  'bar-actions': {
    snapshot: everyday,
    async arrange({ page, row }) {
      await row(search.title).waitFor();
      await page.keyboard.type(search.title);
      await page.getByRole('option').first().waitFor();
      await page.keyboard.press('Tab');
      await page.getByRole('heading', { name: `Actions: ${search.title}` }).waitFor();
    },
  },
  resume: {
    snapshot: {
      ...everyday,
      tunnels: [],
      kubectl: {},
      recent: [search, loyalty, warehouse, paymentsStaging, paymentsProduction].map(({ id }) => ({
        cluster: id,
        at: now - 20 * 60 * 60_000,
      })),
    },
    async arrange({ page }) {
      await page.locator('.resume-row').waitFor();
    },
  },
  'bar-production': {
    snapshot: {
      ...everyday,
      clusters: [
        ...clusters,
        ...['prod', 'staging'].map((stage) =>
          aCluster(`payments-northern-countries-reporting-${stage}-eu-central-1`, {
            accountName: 'payments',
            environment: stage,
            seenAt: now,
          }),
        ),
      ],
    },
    async arrange({ page, row }) {
      await row(search.title).waitFor();
      await page.keyboard.press('Control+k');
      await page.keyboard.type('connect pay');
      await page.getByRole('option').first().waitFor();
    },
  },
  keys: {
    snapshot: everyday,
    async arrange({ page, row }) {
      await row(search.title).waitFor();
      await page.getByRole('button', name('Refresh')).focus();
      await page.keyboard.press('?');
      await page.getByRole('dialog').waitFor();
    },
  },
  undo: {
    snapshot: everyday,
    async arrange({ page, switchOf }) {
      await switchOf(search.title).click();
      await page.getByRole('button', name('Undo')).waitFor();
    },
  },
  detail: {
    snapshot: everyday,
    async arrange(shown) {
      shown.agent.handlers.history = async () => past;
      await opened(shown, paymentsStaging.title);
      await shown.page.locator('.sparkline').waitFor();
    },
  },
  activity: {
    snapshot: everyday,
    async arrange(shown) {
      shown.agent.handlers.activity = async () => ({ entries: someActivity(search, now) });
      await press(shown, 'Activity');
      await shown.page.locator('.entry').first().waitFor();
    },
  },
  'activity-none': {
    snapshot: everyday,
    async arrange(shown) {
      shown.agent.handlers.activity = async () => ({ entries: [] });
      await press(shown, 'Activity');
      await shown.page.locator('.nothing').waitFor();
    },
  },
  'detail-failure': {
    snapshot: trouble,
    async arrange(shown) {
      shown.agent.handlers.history = async () => ({
        ...past,
        entry: { file: '/home/rosa/.kube/config', name: search.title },
        failures: someActivity(search, now).filter(({ kind }) => kind === 'failed' || kind === 'interrupted'),
      });
      await opened(shown, search.title);
      await shown.page.getByRole('region', { name: 'Recent errors' }).waitFor();
    },
  },
  'detail-closed': { snapshot: everyday, arrange: (shown) => opened(shown, ledger.title) },
  'detail-denied': {
    snapshot: {
      ...everyday,
      policies: [denied],
    },
    async arrange(shown) {
      await shown.row(paymentsStaging.title).waitFor();
      await toEnd(shown);
      await press(shown, 'Show 1 cluster without access');
      await toEnd(shown);
      await opened(shown, warehouse.title);
    },
  },
  ...comparisonScenes,
  settings: {
    snapshot: everyday,
    async arrange(shown) {
      await press(shown, 'Settings');
      await shown.page.getByLabel('Group by').waitFor();
    },
  },
  'settings-advanced': {
    snapshot: {
      ...everyday,
      settings: { ...defaultSettings, reopenAtStart: true, awsRegions: ['eu-west-1', 'us-east-1'] },
      settingsFrom: { ...defaultSettingsFrom, reopenAtStart: 'user', awsRegions: 'user' },
    },
    async arrange(shown) {
      await press(shown, 'Settings');
      const advanced = shown.page.locator('summary');
      await advanced.click();
      await advanced.evaluate((element) => element.scrollIntoView({ block: 'center' }));
    },
  },
  'sessions-ended': {
    snapshot: everyday,
    async arrange(shown) {
      const ended = { status: 'ended', needed: true } as const;
      shown.agent.handlers.accounts = async () => ({
        accounts: [anAccount('acme', ended), anAccount('acme.example', { provider: 'azure', ...ended })],
      });
      await shown.page.reload();
      await shown.page.getByRole('button', name('Sign in to all')).waitFor();
    },
  },
  'detail-on-demand': { snapshot: everyday, arrange: (shown) => opened(shown, loyalty.title) },
  accounts: {
    snapshot: everyday,
    async arrange(shown) {
      shown.agent.handlers.accounts = async () => ({
        accounts: [
          anAccount('acme.cloudflareaccess.com', {
            provider: 'access',
            who: 'rosa@acme.example',
            endsAt: now + 7.2 * 3_600_000,
            ours: false,
            store: '/home/rosa/.cloudflared',
          }),
          anAccount('acme', { who: 'rosa', endsAt: now + 3 * 3_600_000, store: '/home/rosa/.aws/sso/cache' }),
          anAccount('ledger', { status: 'ended', endsAt: now - 60_000, store: '/home/rosa/.aws/sso/cache' }),
          anAccount('Azure CLI', { provider: 'azure', store: 'Azure CLI', ours: false, renews: true }),
          anAccount('https://vault.acme.example', {
            provider: 'vault',
            status: 'signed-out',
            asks: 'password',
            store: '/home/rosa/.vault-token',
          }),
        ],
      });
      // The footer may have asked for them before.
      await shown.page.reload();
      await press(shown, 'Accounts');
      await shown.page.locator('.account').first().waitFor();
    },
  },
  kubectl: {
    snapshot: everyday,
    async arrange({ page }) {
      await page.getByRole('button', { name: /^Current context/ }).click();
      await page.getByRole('menuitemradio').first().waitFor();
    },
  },
  production: {
    snapshot: {
      ...everyday,
      tunnels: (everyday.tunnels ?? []).map((tunnel) =>
        tunnel.cluster === search.id ? { ...tunnel, cluster: paymentsProduction.id } : tunnel,
      ),
    },
    async arrange({ page }) {
      await page.getByRole('button', { name: /^Current context/ }).click();
      await page.getByRole('menuitemradio', { name: paymentsProduction.title }).click();
      await page.getByRole('alertdialog').waitFor();
    },
  },
  'production-current': {
    snapshot: {
      ...everyday,
      tunnels: (everyday.tunnels ?? []).map((tunnel) =>
        tunnel.cluster === search.id ? { ...tunnel, cluster: paymentsProduction.id } : tunnel,
      ),
      kubectl: {
        context: paymentsProduction.title,
        cluster: paymentsProduction.id,
        production: true,
        limit: { until: now + 29.5 * 60_000, back: 'minikube' },
      },
    },
    arrange: ({ row }) => row(paymentsProduction.title).waitFor(),
  },
  'production-read-only': {
    snapshot: readOnlyProduction,
    async arrange(shown) {
      await opened(shown, paymentsProduction.title);
      await press(shown, `Unlock ${paymentsProduction.title} for writing`);
      await shown.page.getByLabel('Reason', { exact: true }).fill('INC-4711: restart the ledger');
    },
  },
  'production-unlocked': {
    snapshot: {
      ...readOnlyProduction,
      unlocks: [
        {
          cluster: paymentsProduction.id,
          reason: 'INC-4711: restart the ledger',
          who: 'rosa@acme.example',
          since: now,
          until: now + 14.5 * 60_000,
        },
      ],
    },
    async arrange(shown) {
      const { agent, page } = shown;
      agent.handlers['read-only-file'] = async () => ({
        file: '/home/rosa/.local/state/k8s-tunnels/kubeconfigs/payments-prod-eu-read-only-2f6c41aa.yaml',
        until: now + 12 * 3_600_000,
      });
      await opened(shown, paymentsProduction.title);
      await press(shown, `Create a read-only kubeconfig of ${paymentsProduction.title}`);
      await page.getByText(/^For a script or an AI agent/).waitFor();
    },
  },
  link: {
    snapshot: everyday,
    arrange: (shown) =>
      go(shown, linkTo('connect?cluster=loyalty&cluster=search-staging&cluster=ledger-prod&cluster=nowhere')),
  },
  'link-refused': { snapshot: everyday, arrange: (shown) => go(shown, linkTo('connect?clusters=loyalty')) },
  release: {
    snapshot: {
      ...everyday,
      release: aRelease({
        notes:
          '# 1.4.0\n\nConnecting is **faster**, and a closed tunnel says why.\n\n- Sets can be shared as links.\n- `k8s-tunnels activity` tells what happened.\n',
      }),
    },
    async arrange(shown) {
      await shown.openNotices();
      await press(shown, 'What’s new');
      await shown.page.getByRole('dialog').waitFor();
    },
  },
};
