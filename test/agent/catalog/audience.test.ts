import { describe, expect, it } from 'vitest';
import { audienceOf } from '../../../main/agent/catalog/audience.ts';
import { encodeValue, splitValue } from '../../../main/agent/catalog/tag-codec.ts';

const audience = (groups: string) => audienceOf({ tags: { 'k8s-tunnels-groups': groups } });

describe('the audience of a cluster', () => {
  it.each([
    ['sre', ['sre']],
    ['platform+sre', ['platform', 'sre']],
    ['SRE, Platform Engineers', ['platform engineers', 'sre']],
    ['sre + sre', ['sre']],
    ['sre@acme.example+/teams/search', ['/teams/search', 'sre@acme.example']],
    ['service:88bf.access', ['service:88bf.access']],
    ['everyone', ['*']],
    ['Everyone', ['*']],
  ])('%s', (value, groups) => {
    expect(audience(value)).toEqual({ kind: 'groups', groups });
    // What a label of GKE can hold says the same.
    const label = splitValue('k8s-tunnels-groups', encodeValue(value));
    expect(Object.values(label).join('')).toMatch(/^[a-z0-9_-]+$/);
    expect(audienceOf({ tags: label })).toEqual({ kind: 'groups', groups });
  });

  it.each(['', '+', 'sre+', ',sre', '*', 'sre+*', 'everyone+sre', 'a\nb', 'x'.repeat(1_025)])(
    'is nobody with a wrong value: %j',
    (value) => {
      expect(audience(value)).toEqual({ kind: 'invalid' });
    },
  );

  it('is of the prefix of the cluster, in any case, and without the tag nobody', () => {
    const tags = { 'Acme-Groups': 'sre', 'k8s-tunnels-group': 'payments' };
    expect(audienceOf({ tags, tagPrefix: 'acme-' })).toEqual({ kind: 'groups', groups: ['sre'] });
    expect(audienceOf({ tags })).toEqual({ kind: 'untagged' });
    expect(audienceOf({})).toEqual({ kind: 'untagged' });
  });
});
