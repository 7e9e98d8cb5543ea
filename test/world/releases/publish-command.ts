import type { ReleaseFeed } from './feed.ts';

/** For a terminal: publishes a release, as the release workflow does. */
export function publishCommand({ url, secret }: Pick<ReleaseFeed, 'url' | 'secret'>): string {
  const release = {
    version: '9.0.0',
    rollout: 100,
    notes: '# News\n\n- This one is **made up**.',
    url: 'https://example.com/',
  };
  return `curl -H 'Authorization: Bearer ${secret}' --json '${JSON.stringify(release)}' ${url}/v1/releases/stable`;
}
