import { expect, test } from 'vitest';
import { setLinkOf } from '../../main/api/link.ts';
import { targetHash } from '../../main/api/window-target.ts';
import type { ActivityEntry } from '../../main/model/activity-entry.ts';
import { plainText } from '../../main/model/plain-text.ts';
import { aCluster, anOrganisation, aSetupPreview, someActivity } from './shown.ts';
import { eventually, windowFixture } from './window-fixture.ts';

const shown = windowFixture();

const markup = '<img src=x onerror="document.title=1">';
const long = 'w'.repeat(200);
/** As a source has it; the window is told it without what turns the line around. */
const turned = 'مدفوعات \u202Egnigats';
const arabic = plainText(turned);
const clusters = [markup, long, turned].map((name, at) =>
  aCluster(name, { name: `c${at}`, account: `a${at}`, accountName: name, environment: name, owner: name }),
);

test.for([440, 960])(
  'names from outside stay text and in their place, in a window of %i',
  async (width, context) => {
    const { page, switchOf, row } = await shown.open(context, { clusters });
    await page.setViewportSize({ width, height: 680 });
    /** What begins or ends outside of the window, or lies over a switch. */
    const misplaced = () =>
      page.evaluate(() => {
        const parts = [
          ...document.querySelectorAll(
            '.row, .row .badge, .section-head > *, .switch, .chip, .bar-button, .toast, .toast button, .bar-panel, .bar-panel small, .selection-bar button',
          ),
        ];
        // A chip may lie beyond the end of its line, which scrolls.
        return parts
          .filter((part) => part.closest('.chips') === null)
          .filter((part) => {
            const { left, right } = part.getBoundingClientRect();
            const end = part.closest('.row')?.querySelector('.switch')?.getBoundingClientRect().left;
            const overSwitch = part.matches('.badge') && end !== undefined && right > end;
            return left < 0 || right > innerWidth || overSwitch;
          })
          .map((part) => part.className);
      });
    await page.getByRole('button', { name: 'Filters and groups' }).click();
    for (const title of [markup, long, arabic]) {
      await switchOf(title).click();
      await eventually(() => switchOf(title).isChecked()).toBe(true);
      await switchOf(title).click();
      await page.locator('.toast').getByRole('button', { name: 'Undo' }).waitFor();
      expect(await misplaced()).toEqual([]);
      await row(title).click({ modifiers: ['Control'], position: { x: 8, y: 8 } });
      await page.getByRole('button', { name: 'Filter', exact: true }).click();
      await page.getByRole('menuitemcheckbox', { name: title, exact: true }).first().click();
      await page.keyboard.press('Escape');
      await page.locator('.chip').first().waitFor();
      expect(await misplaced()).toEqual([]);
      await page.keyboard.press('Control+k');
      await page.keyboard.type('open');
      await page.getByRole('option').first().waitFor();
      expect(await misplaced()).toEqual([]);
      await page.keyboard.press('Escape');
      await page.keyboard.press('Escape');
      await page.getByRole('listbox').waitFor({ state: 'detached' });
      await page.getByRole('button', { name: /^Remove filter/ }).click();
    }
    expect(await page.locator('img').count()).toBe(0);
    expect(await page.title()).toBe('k8s-tunnels');
  },
);

test.for([markup, 'w'.repeat(60), arabic])(
  'a set that is called %s stays in its place',
  async (name, context) => {
    const { page } = await shown.open(context, {
      clusters,
      organisation: anOrganisation({ name: long }),
      sets: [
        { name, clusters: clusters.map(({ id }) => id) },
        { name: `${name.slice(0, 58)}-2`, clusters: clusters.map(({ id }) => id), organisation: true },
      ],
    });
    await page.setViewportSize({ width: 320, height: 680 });
    const wide = () =>
      page.evaluate(() =>
        [...document.querySelectorAll('.modal, .modal *, .popover, .popover *, .set-chip:first-child')]
          .filter((part) => !part.matches('.for-screen-readers'))
          .filter((part) => part.getBoundingClientRect().right > innerWidth)
          .map((part) => part.className),
      );
    const menus = page.getByRole('button', { name: /^Actions for the set/ });
    await menus.nth(1).click();
    await page.getByRole('menuitem', { name: 'Copy link' }).waitFor();
    expect(await wide()).toEqual([]);
    await page.keyboard.press('Escape');
    await menus.first().click();
    await page.getByRole('menuitem', { name: 'Change…' }).click();
    await page.getByRole('searchbox', { name: 'Add clusters' }).waitFor();
    expect(await wide()).toEqual([]);
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    await page.evaluate(
      (hash) => {
        location.hash = hash;
      },
      targetHash({ kind: 'link', link: setLinkOf({ name, clusters: clusters.map(({ id }) => id) }) }),
    );
    await page.getByRole('button', { name: 'Replace set' }).waitFor();
    expect(await wide()).toEqual([]);
    expect(await page.locator('img').count()).toBe(0);
    expect(await page.title()).toBe('k8s-tunnels');
  },
);

test.for([markup, long, arabic])(
  'an organisation that is called %s stays in its place',
  async (name, context) => {
    const organisation = anOrganisation({ name });
    const { page, agent } = await shown.open(context, {
      clusters,
      organisation: { ...organisation, place: `https://acme.example/${long}` },
    });
    const fields = [{ field: 'access.team', value: name }];
    agent.handlers['setup-preview'] = async () =>
      aSetupPreview({ name, fields, remarks: [name], conflict: { why: 'origin', name, place: long } });
    agent.handlers['setup-apply'] = async () => {
      agent.tell({ kind: 'set', values: { organisation } });
      return { organisation };
    };
    const wide = () =>
      page.evaluate(() =>
        [...document.querySelectorAll('.modal, .modal *, .sub-page-body *, .toast')]
          .filter((part) => !part.matches('option, .for-screen-readers'))
          .filter((part) => part.getBoundingClientRect().right > innerWidth)
          .map((part) => part.className),
      );
    await page.setViewportSize({ width: 360, height: 680 });
    await page.evaluate(
      (hash) => {
        location.hash = hash;
      },
      targetHash({ kind: 'link', link: 'k8s-tunnels://setup?url=https://acme.example/a.yaml' }),
    );
    await page.getByRole('button', { name: 'Replace and set up' }).waitFor();
    expect(await wide()).toEqual([]);
    // The buttons can be reached, however long the name is.
    await page.getByRole('button', { name: 'Replace and set up' }).click();
    await page.locator('.toast').waitFor();
    expect(await wide()).toEqual([]);
    await page.getByRole('button', { name: 'Settings', exact: true }).click();
    await page.getByRole('button', { name: 'Remove…' }).click();
    await page.getByRole('alertdialog').waitFor();
    expect(await wide()).toEqual([]);
    expect(await page.locator('img').count()).toBe(0);
    expect(await page.title()).toBe('k8s-tunnels');
  },
);

test.for([440, 1_000])(
  'what happened to names from outside stays text and in its place, in a window of %i',
  async (width, context) => {
    const hostile = clusters.map((cluster) => ({
      ...cluster,
      tags: { [`k8s-tunnels-${long}`]: cluster.title, 'k8s-tunnels-name': cluster.title },
    }));
    const { page, agent } = await shown.open(context, { clusters: hostile });
    await page.setViewportSize({ width, height: 680 });
    const entries = hostile.flatMap((cluster) =>
      someActivity(cluster).map(
        (entry): ActivityEntry =>
          entry.kind === 'failed'
            ? {
                ...entry,
                failure: { ...entry.failure, error: { ...entry.failure.error, message: cluster.title } },
              }
            : entry,
      ),
    );
    agent.handlers.activity = async () => ({
      entries: entries.map((entry, at) => ({ ...entry, id: entries.length - at }) as ActivityEntry),
    });
    agent.handlers.history = async ({ cluster }) => {
      const title = hostile.find(({ id }) => id === cluster)?.title ?? '';
      return {
        samples: [{ at: 1, ms: 1e9 }],
        traffic: { connections: 1e9, sent: 1e15, received: 1e15 },
        entry: { file: `/home/${title}/${long}`, name: title },
        failures: entries.filter((entry) => entry.kind === 'failed' && entry.cluster === cluster),
      };
    };
    const misplaced = () =>
      page.evaluate(() =>
        [...document.querySelectorAll('.sub-page *')]
          .filter((part) => {
            const { left, right, width: wide } = part.getBoundingClientRect();
            const page = part.closest('.sub-page')?.getBoundingClientRect();
            if (wide <= 1 || page === undefined || part.closest('svg, .chip') !== null) return false;
            return left < page.left || right > page.right + 0.5;
          })
          .map((part) => `${part.tagName} ${part.className} ${part.textContent?.slice(0, 40)}`),
      );
    await page.getByRole('button', { name: 'Activity' }).click();
    await page.locator('.entry').first().waitFor();
    expect(await misplaced()).toEqual([]);
    for (const { id, title } of hostile) {
      await page.evaluate((hash) => location.replace(hash), targetHash({ kind: 'cluster', id }));
      await page.getByRole('region', { name: 'Recent errors' }).getByRole('listitem').first().waitFor();
      await page.getByRole('region', { name: 'Tags', exact: true }).waitFor();
      expect(await misplaced()).toEqual([]);
      await page.getByRole('region', { name: 'Recent errors' }).getByRole('button').click();
      await page
        .locator('.chip')
        .filter({ hasText: plainText(title) })
        .waitFor();
      expect(await misplaced()).toEqual([]);
    }
    expect(await page.locator('img').count()).toBe(0);
    expect(await page.title()).toBe('k8s-tunnels');
  },
);
