import { readFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';

/**
 * `npm run announce -- --version 1.4.0 --url https://… --notes FILE [--rollout 20]`: publishes a release in the release
 * feed (see docs/admin.md). RELEASES_URL is the feed's address, PUBLISH_SECRET its secret. A pre-release, such as
 * 1.5.0-rc.1, goes to the channel `beta`.
 */
const { values } = parseArgs({
  options: {
    version: { type: 'string', default: '' },
    url: { type: 'string' },
    notes: { type: 'string', default: '' },
    rollout: { type: 'string', default: '100' },
  },
});
const { RELEASES_URL = '', PUBLISH_SECRET = '' } = process.env;

async function announce(): Promise<void> {
  if (RELEASES_URL === '' || PUBLISH_SECRET === '')
    throw new Error('RELEASES_URL and PUBLISH_SECRET are wanted.');
  const { version, url, rollout } = values;
  const notes = await readFile(values.notes, 'utf8');
  const response = await fetch(`${RELEASES_URL}/v1/releases/${version.includes('-') ? 'beta' : 'stable'}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${PUBLISH_SECRET}` },
    body: JSON.stringify({ version, url, rollout: Number(rollout), notes }),
  });
  const answer = await response.text();
  if (!response.ok) throw new Error(`The feed answered ${response.status}: ${answer}`);
  console.log(answer);
}

try {
  await announce();
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
