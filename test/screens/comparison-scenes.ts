import { aComparison, aDeployment } from '../renderer/comparisons.ts';
import type { ShownWindow } from '../renderer/open-window.ts';
import { aTunnel } from '../renderer/shown.ts';
import { everyday, now, originDown, paymentsProduction, paymentsStaging, warehouse } from './organisation.ts';
import type { Scene } from './scenes.ts';

const image = (name: string) => `registry.acme.example/payments/${name}`;
const comparison = aComparison(
  [
    paymentsStaging,
    {
      namespace: 'payments',
      version: 'v1.33.4-eks-99bf23c',
      workloads: [
        aDeployment('gateway', { image: image('gateway:2.8.0') }),
        aDeployment('ledger-writer', { image: image('ledger:1.19.3'), replicas: 2 }),
        aDeployment('refunds', { image: image('refunds:0.4.0'), replicas: 1 }),
      ],
    },
  ],
  [
    paymentsProduction,
    {
      namespace: 'payments',
      version: 'v1.32.9-eks-3abbec1',
      nodes: 24,
      workloads: [
        aDeployment('gateway', { image: image('gateway:2.7.4'), replicas: 6, restarts: 3 }),
        aDeployment('ledger-writer', { image: image('ledger:1.19.3'), replicas: 2 }),
      ],
    },
  ],
  [
    warehouse,
    {
      error: {
        code: 'origin-failed',
        message: 'warehouse.k8s.acme.example is up, but its origin does not respond (HTTP 502).',
        hint: 'Ask who runs the tunnel of warehouse.',
        retryable: true,
      },
    },
  ],
);

const compare = async ({ page, row }: ShownWindow) => {
  for (const { title } of [paymentsStaging, paymentsProduction, warehouse]) {
    await row(title).waitFor();
    await row(title).click({ modifiers: ['Control'] });
  }
  await page.getByRole('button', { name: 'Compare', exact: true }).click();
  await page.getByRole('table').waitFor();
};
const compared = async (shown: ShownWindow) => {
  shown.agent.handlers.compare = async () => comparison;
  await compare(shown);
  await shown.page.getByText(/differences in/).waitFor();
};
/** Compared in a window where all rows are in view, which then gets this size. */
const comparedAt =
  (size: { readonly width: number; readonly height: number }) => async (shown: ShownWindow) => {
    await compared(shown);
    await shown.page.setViewportSize(size);
  };

/** Clusters side by side. */
export const comparisonScenes: Readonly<Record<string, Scene>> = {
  compare: { snapshot: everyday, arrange: compared },
  'compare-wide': { snapshot: everyday, size: { width: 960, height: 680 }, arrange: compared },
  'compare-narrow': { snapshot: everyday, arrange: comparedAt({ width: 320, height: 680 }) },
  'compare-enlarged': { snapshot: everyday, arrange: comparedAt({ width: 220, height: 340 }) },
  'compare-forced-colours': {
    snapshot: everyday,
    async arrange(shown) {
      await shown.page.emulateMedia({ forcedColors: 'active' });
      await compared(shown);
    },
  },
  'compare-different': {
    snapshot: everyday,
    async arrange(shown) {
      await compared(shown);
      await shown.page.getByRole('switch', { name: 'Different only' }).click();
      await shown.page.getByRole('button', { name: 'Namespaces' }).click();
    },
  },
  'compare-reading': {
    snapshot: everyday,
    async arrange(shown) {
      const { agent } = shown;
      agent.handlers.compare = () => new Promise(() => {});
      await compare(shown);
      agent.tell(
        { kind: 'tunnel', tunnel: aTunnel(paymentsProduction.id, { status: 'connecting', since: now }) },
        {
          kind: 'tunnel',
          tunnel: aTunnel(warehouse.id, { status: 'failed', since: now, failure: originDown }),
        },
      );
      await shown.page.getByRole('cell', { name: 'Failed' }).waitFor();
    },
  },
};
