import type { Locator } from 'playwright-core';
import { describe, expect, test, vi } from 'vitest';
import { aCluster, anOrganisation, aTunnel, connected } from './shown.ts';
import { eventually, windowFixture } from './window-fixture.ts';

const shown = windowFixture();

const [on, busy] = [aCluster('on'), aCluster('busy')];
const snapshot = {
  clusters: [aCluster('off'), on, busy, aCluster('picked')],
  tunnels: [aTunnel(on.id, connected()), aTunnel(busy.id, { status: 'connecting', since: 1 })],
};

/** What of a switch has to be told apart, as contrasts: its outline from what it stands on, its knob from its track. */
const contrasts = (control: Locator) =>
  control.evaluate((element) => {
    type Colour = readonly [number, number, number, number];
    const parse = (words: string): Colour => {
      const [r = 0, g = 0, b = 0, a = 1] = (words.match(/[\d.]+/g) ?? []).map(Number);
      return [r, g, b, a];
    };
    const over = ([r, g, b, a]: Colour, [R, G, B]: Colour, opacity = 1): Colour => {
      const mix = (top: number, bottom: number) => top * a * opacity + bottom * (1 - a * opacity);
      return [mix(r, R), mix(g, G), mix(b, B), 1];
    };
    const light = (colour: Colour) => {
      const [r = 0, g = 0, b = 0] = colour
        .slice(0, 3)
        .map((value) => value / 255)
        .map((value) => (value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4));
      return 0.2126 * r + 0.7152 * g + 0.0722 * b;
    };
    const contrast = (one: Colour, other: Colour) => {
      const [bright = 0, dark = 0] = [light(one), light(other)].sort((a, b) => b - a);
      return (bright + 0.05) / (dark + 0.05);
    };
    let [behind, opacity]: [Colour, number] = [[255, 255, 255, 1], 1];
    const layers: Colour[] = [];
    for (let at: Element | null = element; at !== null; at = at.parentElement) {
      const style = getComputedStyle(at);
      opacity *= Number(style.opacity);
      if (at !== element) layers.unshift(parse(style.backgroundColor));
    }
    for (const layer of layers) behind = over(layer, behind);
    const style = getComputedStyle(element);
    const track = over(parse(style.backgroundColor), behind, opacity);
    const knob = over(parse(getComputedStyle(element, '::after').backgroundColor), track, opacity);
    const edges = [track];
    if (parseFloat(style.borderTopWidth) > 0) edges.push(over(parse(style.borderTopColor), behind, opacity));
    const ring = style.boxShadow.endsWith('inset') ? style.boxShadow.split(')')[0] : undefined;
    if (ring !== undefined) edges.push(over(parse(ring), behind, opacity));
    return {
      edge: Math.max(...edges.map((edge) => contrast(edge, behind))),
      knob: contrast(knob, track),
    };
  });

/** Once the window is drawn with what was done to it. */
const expectVisible = (control: Locator, what: string) =>
  vi.waitFor(async () => {
    const { edge, knob } = await contrasts(control);
    expect(edge, `the edge, ${what}`).toBeGreaterThanOrEqual(3);
    expect(knob, `the knob, ${what}`).toBeGreaterThanOrEqual(3);
  });

const looks = [
  ['light', { colorScheme: 'light', forcedColors: 'none' }],
  ['dark', { colorScheme: 'dark', forcedColors: 'none' }],
  ['forced colours, light', { colorScheme: 'light', forcedColors: 'active' }],
  ['forced colours, dark', { colorScheme: 'dark', forcedColors: 'active' }],
] as const;

describe.for(looks)('in %s', ([, media]) => {
  test('the switch of a row can be seen in every state', async (context) => {
    const { page, row, switchOf, agent } = await shown.open(context, snapshot);
    await page.emulateMedia({ ...media, reducedMotion: 'reduce' });
    for (const title of ['off', 'on', 'busy']) await expectVisible(switchOf(title), title);
    for (const title of ['off', 'on', 'busy']) {
      await switchOf(title).hover();
      await expectVisible(switchOf(title), `${title}, below the pointer`);
    }
    await row('picked').click({ modifiers: ['Control'] });
    await page.locator('.row[data-selected]').waitFor();
    await expectVisible(switchOf('picked'), 'selected');
    await switchOf('off').focus();
    await expectVisible(switchOf('off'), 'focused');
    agent.stop();
    await page.locator('[data-lost]').waitFor();
    for (const title of ['off', 'on']) await expectVisible(switchOf(title), `${title}, without an agent`);
  });

  test('so can one of the settings, managed or not', async (context) => {
    const { page } = await shown.open(context, {
      ...snapshot,
      organisation: anOrganisation({ locked: ['keepEntries', 'tellClusters'] as never }),
    });
    await page.emulateMedia({ ...media, reducedMotion: 'reduce' });
    await page.getByRole('button', { name: 'Settings' }).click();
    const switches = page.locator('.sub-page').getByRole('switch');
    await eventually(() => switches.count()).toBeGreaterThan(2);
    expect(await page.locator('.sub-page input:disabled').count()).toBeGreaterThan(0);
    for (const control of await switches.all())
      await expectVisible(control, (await control.getAttribute('aria-label')) ?? '');
  });
});

test('with forced colours, what is chosen in the bar and in a menu, and production, are outlined', async (context) => {
  const { page } = await shown.open(context, {
    clusters: [aCluster('ledger', { environment: 'production' })],
  });
  await page.emulateMedia({ forcedColors: 'active' });
  await page.locator('.row').first().waitFor();
  const outline = (control: Locator) =>
    control.evaluate((element) => {
      const { outlineStyle, outlineWidth, borderTopStyle, borderTopWidth } = getComputedStyle(element);
      return [`${outlineStyle} ${outlineWidth}`, `${borderTopStyle} ${borderTopWidth}`];
    });
  expect(await outline(page.locator('.row .badge.production'))).toContain('solid 1px');
  await page.keyboard.press('Control+k');
  expect(await outline(page.getByRole('option', { selected: true }))).toContain('solid 2px');
  await page.keyboard.press('Escape');
  await page.locator('footer').getByRole('button').last().click();
  await page.keyboard.press('Escape');
  await page.getByRole('button', { name: 'Filters and groups' }).click();
  await page.getByRole('button', { name: 'Group by account' }).click();
  await page.keyboard.press('ArrowDown');
  expect(await outline(page.locator('[role^="menuitem"][data-focused]'))).toContain('solid 2px');
});
