import { expect, test } from 'vitest';
import { fieldLines, settingLines } from '../../../renderer/setup/preview-lines.ts';
import { aSetupPreview } from '../shown.ts';

const said = (lines: ReturnType<typeof fieldLines>) => lines.map(({ title, value }) => `${title}: ${value}`);

test('what a configuration says is told in words, and what has none as it stands in the file', () => {
  expect(said(fieldLines(aSetupPreview()))).toEqual([
    'Cloudflare Access team: acme.cloudflareaccess.com',
    'Vault: https://vault.acme.example',
    'Discover in Google Cloud: no',
    'sources.vault.addresses[0].login.role: people',
  ]);
});

test('a setting that changes is told among the settings, one that stays among the fields', () => {
  const preview = aSetupPreview({
    fields: [
      { field: 'defaults.kubeconfigMode', value: 'add' },
      { field: 'defaults.keepEntries', value: 'true' },
      { field: 'connectors', value: 'builtin, cloudflared', before: '' },
    ],
  });
  expect(fieldLines(preview)).toMatchObject([
    { title: 'Keep contexts', value: 'yes', before: undefined },
    { title: 'Allowed connectors', value: 'k8s-tunnels, cloudflared', before: 'not set' },
  ]);
  expect(settingLines(preview)).toMatchObject([
    {
      title: 'Switch the current context on connect',
      value: 'Do not switch',
      before: 'Switch',
      isManaged: true,
    },
  ]);
});

test('a field that is called like something of every object has no words of it', () => {
  const fields = [{ field: 'constructor', value: 'toString' }];
  expect(fieldLines(aSetupPreview({ fields }))).toMatchObject([{ title: 'constructor', value: 'toString' }]);
});
