import { describe, expect, test } from 'vitest';
import type { Input } from '../../main/api/contract.ts';
import { targetHash } from '../../main/api/window-target.ts';
import type { Snapshot } from '../../main/model/agent-view.ts';
import { AppError } from '../../main/model/app-error.ts';
import { aCluster, anOrganisation, aSetupPreview } from './shown.ts';
import { eventually, windowFixture } from './window-fixture.ts';

const shown = windowFixture();
const clusters = [aCluster('orders')];
const link = 'k8s-tunnels://setup?url=https://setup.acme.example/k8s-tunnels.yaml';

const opened = async (context: Parameters<typeof shown.open>[0], snapshot: Partial<Snapshot> = {}) => {
  const window = await shown.open(context, { clusters, ...snapshot });
  const { page, agent } = window;
  const applied: Input<'setup-apply'>[] = [];
  agent.handlers['setup-preview'] = async () => aSetupPreview();
  agent.handlers['setup-apply'] = async (input) => {
    applied.push(input);
    const organisation = anOrganisation();
    agent.tell({ kind: 'set', values: { organisation } });
    return { organisation };
  };
  await page.locator('.row').first().waitFor();
  return {
    ...window,
    applied,
    press: (name: string) => page.getByRole('button', { name, exact: true }).click(),
    dialog: (name: string) => page.getByRole('alertdialog', { name, exact: true }),
    follow: (to: string) =>
      page.evaluate(
        (hash) => {
          location.hash = hash;
        },
        targetHash({ kind: 'link', link: to }),
      ),
  };
};

describe('a setup link', () => {
  test('shows whose it is and what it does, and does it on a yes', async (context) => {
    const { page, agent, dialog, follow, focused, applied, press } = await opened(context);
    const key = '3q2+7wAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=';
    agent.handlers['setup-preview'] = async ({ source }) => {
      expect(source).toBe(link);
      return aSetupPreview({ signed: true, key });
    };
    await follow(link);
    const asked = dialog('Set up for Acme?');
    await asked.waitFor();
    for (const words of [
      'setup.acme.example',
      key,
      'You sign in to acme.cloudflareaccess.com only.',
      'currently Switch',
    ])
      await asked.getByText(words, { exact: true }).waitFor();
    expect(await asked.locator('dt').allTextContents()).toEqual([
      'From',
      'Signed with the key',
      'Cloudflare Access team',
      'Vault',
      'Discover in Google Cloud',
      'sources.vault.addresses[0].login.role',
      'Switch the current context on connect',
    ]);
    await eventually(focused).toBe('Cancel');
    expect(applied).toEqual([]);
    await press('Set up');
    await asked.waitFor({ state: 'detached' });
    await page.getByText('Set up for Acme.').waitFor();
    expect(applied).toEqual([{ source: link, digest: 'd1' }]);
  });

  test('a no changes nothing, also while it is still read', async (context) => {
    const { page, agent, dialog, follow, applied, press } = await opened(context);
    await follow(link);
    await dialog('Set up for Acme?').waitFor();
    await press('Cancel');
    await dialog('Set up for Acme?').waitFor({ state: 'detached' });
    await follow(link);
    await dialog('Set up for Acme?').waitFor();
    await page.keyboard.press('Escape');
    await dialog('Set up for Acme?').waitFor({ state: 'detached' });
    let isLeft = false;
    agent.handlers['setup-preview'] = (_, { signal }) =>
      new Promise((_, reject) =>
        signal.addEventListener('abort', () => {
          isLeft = true;
          reject(new AppError('cancelled', 'It was cancelled.'));
        }),
      );
    await follow(link);
    await dialog('Loading the configuration').waitFor();
    await page.keyboard.press('Enter');
    await eventually(async () => isLeft).toBe(true);
    expect(applied).toEqual([]);
  });

  test.for([
    ['origin', 'You are set up for Beta from https://beta.example/a.yaml.'],
    ['key', 'The configuration from https://beta.example/a.yaml is signed with another key.'],
    ['revision', 'It is older than the configuration from https://beta.example/a.yaml.'],
  ] as const)('what stands in its way (%s) is told, and replaced on a yes', async ([why, words], context) => {
    const { agent, dialog, follow, applied, press } = await opened(context);
    agent.handlers['setup-preview'] = async () =>
      aSetupPreview({ conflict: { why, name: 'Beta', place: 'https://beta.example/a.yaml' } });
    await follow(link);
    await dialog('Set up for Acme?').getByText(words).waitFor();
    await press('Replace and set up');
    await eventually(async () => applied).toEqual([{ source: link, digest: 'd1', replace: true }]);
  });

  test('one that cannot be read says why, with what helps, and is read again', async (context) => {
    const { agent, dialog, follow, focused, press } = await opened(context);
    const { 'setup-preview': good } = agent.handlers;
    agent.handlers['setup-preview'] = () =>
      Promise.reject(
        new AppError('bad-input', 'a.yaml, line 4, acess: is not known.', { hint: 'Correct it there.' }),
      );
    await follow(link);
    await dialog('Could not load the configuration')
      .getByText('line 4, acess: is not known. Correct it there.')
      .waitFor();
    await eventually(focused).toBe('Cancel');
    agent.handlers['setup-preview'] = good;
    await press('Reload');
    await dialog('Set up for Acme?').waitFor();
  });

  test('one that has changed meanwhile is not set up, and shown anew', async (context) => {
    const { agent, dialog, follow, press } = await opened(context);
    const { 'setup-apply': good } = agent.handlers;
    agent.handlers['setup-apply'] = () =>
      Promise.reject(new AppError('organisation-refused', 'It has changed since it was shown.'));
    await follow(link);
    await press('Set up');
    await dialog('Set up for Acme?').getByText('Not set up: It has changed since it was shown.').waitFor();
    agent.handlers['setup-apply'] = good;
    agent.handlers['setup-preview'] = async () => aSetupPreview({ name: 'Acme Two' });
    await press('Reload');
    await dialog('Set up for Acme Two?').waitFor();
  });

  test('with its own key does not look signed; the key that a person typed does', async (context) => {
    const { page, agent, dialog, follow, applied, press } = await opened(context);
    const key = '3q2+7wAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=';
    const remark = 'This proves nothing about who made it.';
    const asked: (string | undefined)[] = [];
    agent.handlers['setup-preview'] = async ({ key: given }) => {
      asked.push(given);
      if (given === 'wrong') throw new AppError('bad-input', 'The key is not an ed25519 public key.');
      return given === undefined
        ? aSetupPreview({ signed: false, key, remarks: [remark] })
        : aSetupPreview({ signed: true, key });
    };
    await follow(link);
    const question = dialog('Set up for Acme?');
    await question.getByText('Signed with a key from the link').waitFor();
    await question.getByText(remark).waitFor();
    expect(await question.getByText('Signed with the key', { exact: true }).count()).toBe(0);
    expect(await question.locator('[data-signed="true"]').count()).toBe(0);
    const field = page.getByRole('textbox', { name: 'Public key of your organisation' });
    await field.fill('wrong');
    await page.keyboard.press('Enter');
    await dialog('Could not load the configuration')
      .getByText('The key is not an ed25519 public key.')
      .waitFor();
    await field.fill(` ${key} `);
    await press('Check signature');
    await question.getByText('Signed with the key', { exact: true }).waitFor();
    await field.waitFor({ state: 'detached' });
    expect(applied).toEqual([]);
    await press('Set up');
    await eventually(async () => applied).toEqual([{ source: link, key, digest: 'd1' }]);
    expect(asked).toEqual([undefined, 'wrong', key]);
  });

  test('whose signature nobody checked says so', async (context) => {
    const { agent, dialog, follow } = await opened(context);
    agent.handlers['setup-preview'] = async () => aSetupPreview({ unchecked: true });
    await follow(link);
    await dialog('Set up for Acme?').getByText('Not signed: signature not checked').waitFor();
  });

  test('is read as strictly as any other', async (context) => {
    const { agent, dialog, follow } = await opened(context);
    agent.handlers['setup-preview'] = () => Promise.reject(new Error('It must not be asked for.'));
    await follow(`${link}#x`);
    await dialog('Invalid link').waitFor();
  });
});

describe('a new configuration that waits', () => {
  test('is told with what it changes, and accepted when that was seen', async (context) => {
    const organisation = anOrganisation({ pending: ['access.team', 'sources.vault.addresses[0].address'] });
    const { page, agent, dialog, applied, press, focused } = await opened(context, { organisation });
    const asked: unknown[] = [];
    agent.handlers['setup-preview'] = async (input) => {
      asked.push(input);
      return aSetupPreview({
        fields: [
          {
            field: 'access.team',
            value: 'evil.cloudflareaccess.com',
            before: 'acme.cloudflareaccess.com',
          },
          { field: 'links.support', value: 'https://help.acme.example/' },
        ],
        settings: [],
      });
    };
    await page.getByRole('button', { name: 'Acme has a new configuration' }).click();
    await page.getByText('Changes: Cloudflare Access team and Vault.').waitFor();
    await press('Review…');
    const question = dialog('Accept the new configuration of Acme?');
    await question.getByText('currently acme.cloudflareaccess.com').waitFor();
    expect(await question.locator('dt').allTextContents()).toEqual([
      'From',
      'Not signed',
      'Cloudflare Access team',
    ]);
    await eventually(focused).toBe('Cancel');
    expect([asked, applied]).toEqual([[{}], []]);
    await press('Accept');
    await question.waitFor({ state: 'detached' });
    expect(applied).toEqual([{ digest: 'd1' }]);
    await page.getByText('Acme has a new configuration').waitFor({ state: 'detached' });
  });

  test('is there among the settings too', async (context) => {
    const organisation = anOrganisation({ pending: ['connectors'] });
    const { page, dialog, press } = await opened(context, { organisation });
    await press('Settings');
    const group = page.getByRole('region', { name: 'Organisation' });
    await group.getByText('Acme has a new configuration').waitFor();
    await group.getByRole('button', { name: 'Review…' }).click();
    await dialog('Accept the new configuration of Acme?').waitFor();
  });
});

describe('the organisation among the settings', () => {
  const settings = async (context: Parameters<typeof shown.open>[0], snapshot: Partial<Snapshot>) => {
    const window = await opened(context, snapshot);
    await window.press('Settings');
    return { ...window, group: window.page.getByRole('region', { name: 'Organisation' }) };
  };

  test('is read anew, and says what came of it', async (context) => {
    const readAt = Date.now() - 6 * 60_000;
    const { agent, page, group, press } = await settings(context, {
      organisation: anOrganisation({ readAt }),
    });
    await group.getByText('Set up from https://setup.acme.example/k8s-tunnels.yaml').waitFor();
    await group.getByText('Updated 6 min ago · not signed').waitFor();
    agent.handlers['setup-refresh'] = async () => {
      agent.tell({ kind: 'set', values: { organisation: anOrganisation() } });
      return { changed: false };
    };
    await press('Refresh');
    await page.getByText('The configuration is up to date.').waitFor();
    await group.getByText('Updated now').waitFor();
    agent.handlers['setup-refresh'] = () =>
      Promise.reject(new AppError('timeout', 'It does not answer.', { hint: 'Try later.' }));
    await press('Refresh');
    await group.getByRole('alert').getByText('Could not refresh: It does not answer. Try later.').waitFor();
  });

  test('shows why the last refresh was refused, until one succeeds, and a signature of a managed one', async (context) => {
    const failed = (retryable: boolean) => ({
      at: Date.now(),
      error: { code: 'organisation-refused' as const, message: 'It is older.', hint: 'Ask Ada.', retryable },
    });
    const managed = { origin: 'managed' as const, signed: true };
    const { agent, group } = await settings(context, {
      organisation: anOrganisation({ ...managed, failed: failed(false) }),
    });
    await group.getByRole('alert').getByText('Could not refresh: It is older. Ask Ada.').waitFor();
    await group.getByText('· signed').waitFor();
    agent.tell({
      kind: 'set',
      values: { organisation: anOrganisation({ ...managed, failed: failed(true) }) },
    });
    await group.getByRole('alert').waitFor({ state: 'detached' });
  });

  test('is removed on a yes only', async (context) => {
    const { agent, page, group, press, focused } = await settings(context, {
      organisation: anOrganisation(),
    });
    let removals = 0;
    agent.handlers['setup-remove'] = async () => {
      removals += 1;
      agent.tell({ kind: 'set', values: { organisation: null } });
      return { removed: true };
    };
    await press('Remove…');
    await page.getByRole('alertdialog', { name: 'Remove the set-up for Acme?' }).waitFor();
    await eventually(focused).toBe('Keep');
    await page.keyboard.press('Enter');
    await page.getByRole('alertdialog').waitFor({ state: 'detached' });
    expect(removals).toBe(0);
    await press('Remove…');
    await press('Remove');
    await page.getByText('Removed the set-up for Acme.').waitFor();
    await group.getByText('None', { exact: true }).waitFor();
  });

  test('a managed one stays, and it is said why', async (context) => {
    const place = '/etc/k8s-tunnels/organisation.yaml';
    const { group } = await settings(context, { organisation: anOrganisation({ origin: 'managed', place }) });
    await group.getByText(`Managed from ${place}`).waitFor();
    await group.getByText('only they can remove it').waitFor();
    expect(await group.getByRole('button').allTextContents()).toEqual(['Refresh', 'Set up…']);
  });
});
