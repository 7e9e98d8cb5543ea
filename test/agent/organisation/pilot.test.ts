import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { changesToAgreeTo } from '../../../main/agent/organisation/fields.ts';
import { parseOrganisation } from '../../../main/agent/organisation/parse.ts';
import { createPilot, drawOf } from '../../../main/agent/organisation/pilot.ts';
import { mergedForPilot, mergePatch } from '../../../main/agent/organisation/pilot-changes.ts';
import { previewRemarks } from '../../../main/agent/organisation/preview.ts';
import { silentLogger } from '../../../main/agent/parts.ts';
import { feedOf } from '../../../main/agent/releases/feed.ts';
import { type Rig, startRig } from './rig.ts';

const organisation = (...lines: readonly string[]) =>
  parseOrganisation(['version: 1', 'name: Acme', ...lines].join('\n'), 'acme.yaml');
const ada = { authDomain: 'acme.cloudflareaccess.com', email: 'Ada@acme.example' };

describe('a merge patch', () => {
  // RFC 7396, appendix A.
  it.each<[unknown, unknown, unknown]>([
    [{ a: 'b' }, { a: 'c' }, { a: 'c' }],
    [{ a: 'b' }, { b: 'c' }, { a: 'b', b: 'c' }],
    [{ a: 'b' }, { a: null }, {}],
    [{ a: 'b', b: 'c' }, { a: null }, { b: 'c' }],
    [{ a: ['b'] }, { a: 'c' }, { a: 'c' }],
    [{ a: 'c' }, { a: ['b'] }, { a: ['b'] }],
    [{ a: { b: 'c' } }, { a: { b: 'd', c: null } }, { a: { b: 'd' } }],
    [{ a: [{ b: 'c' }] }, { a: [1] }, { a: [1] }],
    [
      ['a', 'b'],
      ['c', 'd'],
      ['c', 'd'],
    ],
    [{ a: 'b' }, ['c'], ['c']],
    [{ a: 'foo' }, null, null],
    [{ e: null }, { a: 1 }, { e: null, a: 1 }],
    [[1, 2], { a: 'b', c: null }, { a: 'b' }],
    [{}, { a: { bb: { ccc: null } } }, { a: { bb: {} } }],
  ])('of %j with %j is %j', (target, patch, result) => {
    expect(mergePatch(target, patch)).toEqual(result);
  });

  it('with the name of a prototype changes no other object', () => {
    mergePatch({}, JSON.parse('{"__proto__": {"polluted": true}}'));
    expect({}).not.toHaveProperty('polluted');
  });
});

describe('who is in it', () => {
  let state: string;
  beforeEach(async () => {
    state = await mkdtemp(path.join(tmpdir(), 'pilot-'));
  });
  afterEach(() => rm(state, { recursive: true }));
  const open = () => createPilot({ state, logger: silentLogger });
  const named = organisation(
    'access: {team: acme.cloudflareaccess.com}',
    "pilot: {users: ['ada@acme.example', '*@platform.acme.example'], changes: {tagPrefix: new-}}",
  );

  it('users by the email of their session, remembered when that has ended', async () => {
    const pilot = await open();
    expect(pilot.effective(named)).toBe(named);
    await pilot.identify([ada]);
    expect(pilot.effective(named)).toMatchObject({ tagPrefix: 'new-', name: 'Acme' });
    expect(pilot.effective(named)).toBe(pilot.effective(named));
    expect(pilot.view(named)).toEqual({
      pilot: { why: 'user', line: 'This installation is in the pilot group: Ada@acme.example is named.' },
    });
    await pilot.identify([]);
    expect((await open()).view(named).pilot?.why).toBe('user');
    await pilot.identify([{ ...ada, email: 'bob@acme.example' }]);
    expect((await open()).view(named)).toEqual({});
    await pilot.identify([{ ...ada, email: 'bob@PLATFORM.acme.example' }]);
    expect(pilot.view(named).pilot?.why).toBe('user');
  });

  it('not a user of another Access team, who may have any email', async () => {
    const pilot = await open();
    await pilot.identify([{ ...ada, authDomain: 'other.cloudflareaccess.com' }]);
    expect(pilot.view(named)).toEqual({});
  });

  it('a share of all installations, drawn again for each revision', async () => {
    const ids = Array.from({ length: 4_000 }, (_, at) => `installation ${at}`);
    const inRing = (revision: number) => ids.filter((id) => drawOf(id, revision) < 10);
    const [first, second] = [inRing(1), inRing(2)];
    for (const { length } of [first, second]) {
      expect(length).toBeGreaterThan(300);
      expect(length).toBeLessThan(500);
    }
    // By chance, a tenth of the tenth is drawn twice.
    expect(first.filter((id) => second.includes(id)).length).toBeLessThan(100);
    const half = ids.filter((id) => drawOf(id, 1) < 50);
    expect(first.every((id) => half.includes(id))).toBe(true);
  });

  it('an installation keeps its draw after a restart', async () => {
    const all = (share: number) =>
      organisation(`pilot: {share: ${share}, changes: {tagPrefix: new-}}`, 'revision: 7');
    const pilot = await open();
    expect(pilot.effective(all(0)).tagPrefix).toBe('k8s-tunnels-');
    expect(pilot.effective(all(100)).tagPrefix).toBe('new-');
    expect(pilot.view(all(100))).toEqual({
      pilot: {
        why: 'share',
        line: 'This installation is in the pilot group: drawn for revision 7, with 100 % of all.',
      },
    });
    const shares = Array.from({ length: 100 }, (_, at) => at + 0.5);
    const drawn = shares.filter((share) => pilot.view(all(share)).pilot !== undefined);
    await expect.poll(() => readFile(path.join(state, 'pilot.json'), 'utf8')).toContain('installation');
    const again = await open();
    expect(shares.filter((share) => again.view(all(share)).pilot !== undefined)).toEqual(drawn);
  });

  it('a folder that cannot be written costs the memory of the draw, and nothing else', async () => {
    const file = path.join(state, 'file');
    await writeFile(file, '');
    const pilot = await createPilot({ state: path.join(file, 'below'), logger: silentLogger });
    await pilot.identify([ada]);
    expect(pilot.view(named).pilot?.why).toBe('user');
  });
});

describe('the changes', () => {
  it('lead to another release channel', () => {
    const key = Buffer.alloc(32, 1).toString('base64');
    const declared = organisation(
      `releases: {url: 'https://releases.acme.example', publicKey: '${key}'}`,
      "pilot: {users: ['ada@acme.example'], changes: {releases: {channel: beta}}}",
    );
    expect(feedOf(declared)?.channel).toBe('stable');
    expect(feedOf(mergedForPilot(declared))?.channel).toBe('beta');
  });

  it.each<[string, readonly string[], string]>([
    [
      'a field that is not known',
      ['pilot:', '  share: 5', '  changes:', '    sources:', '      eks: {regoins: []}'],
      'line 7, pilot.changes.sources.eks.regoins: is not known',
    ],
    [
      'a value that does not fit',
      ['pilot:', '  share: 5', '  changes:', '    tagPrefix: K8s'],
      'line 6, pilot.changes.tagPrefix: must be lower case',
    ],
    [
      'what does not fit the rest',
      [
        'rules:',
        '  - {when: {group: a}, connector: cloudflared}',
        'pilot: {share: 5, changes: {connectors: [builtin]}}',
      ],
      'line 4, rules[0].connector: with pilot.changes: must be one of connectors: builtin',
    ],
    [
      'a field that is missing then',
      [
        `releases: {url: 'https://a.example', publicKey: '${Buffer.alloc(32, 1).toString('base64')}'}`,
        'pilot: {share: 5, changes: {releases: {publicKey: null}}}',
      ],
      'line 4, pilot.changes.releases.publicKey: must be given with a url',
    ],
    [
      'another name',
      ['pilot: {share: 5, changes: {name: B}}'],
      'line 3, pilot.changes.name: must be the same',
    ],
    [
      'a group of its own',
      ['pilot: {share: 5, changes: {pilot: null}}'],
      'pilot.changes.pilot: must be the same',
    ],
    ['nobody', ['pilot: {changes: {tagPrefix: a-}}'], 'line 3, pilot: must have a share or users'],
    ['no email', ['pilot: {users: [ada], changes: {}}'], 'pilot.users[0]: must be an email address'],
  ])('with %s are an error with the line in the file', (_, lines, message) => {
    expect(() => organisation(...lines)).toThrow(message);
  });

  it('that lead to other hosts need consent as the field itself does, and remarks name them', () => {
    const next = organisation(
      'pilot:',
      '  share: 5',
      '  changes:',
      '    tagPrefix: new-',
      '    defaults: {entryForm: tls, connector: builtin}',
      '    sources: {vault: {addresses: [{address: https://vault.evil.example, mounts: [a]}]}}',
    );
    expect(changesToAgreeTo(next, organisation()).map(({ field }) => field)).toEqual([
      'pilot.share',
      'pilot.changes.defaults.connector',
      'pilot.changes.sources.vault.addresses[0].address',
      'pilot.changes.sources.vault.addresses[0].mounts',
    ]);
    const remarks = previewRemarks({ next, keyFrom: 'user', host: undefined, managed: undefined });
    expect(remarks.join(' ')).toContain('https://vault.evil.example');
  });

  it('that remove a field need consent, too', () => {
    const before = organisation('pilot: {share: 5, changes: {}}', 'connectors: [cloudflared]');
    const next = organisation('pilot: {share: 5, changes: {connectors: null}}', 'connectors: [cloudflared]');
    expect(changesToAgreeTo(next, before).map(({ field }) => field)).toEqual(['pilot.changes.connectors']);
  });
});

describe('an agent', () => {
  let rig: Rig;
  beforeEach(async () => {
    rig = await startRig();
  });
  afterEach(() => rig.close());
  const text = (prefix: string) =>
    `version: 1\nname: Acme\npilot: {users: ['ada@acme.example'], changes: {tagPrefix: ${prefix}}}\n`;

  it('takes the changes when the user appears, for a managed file and for a setup', async () => {
    await writeFile(rig.managed, text('managed-'), { mode: 0o644 });
    const managed = await rig.start();
    expect(managed.current()?.tagPrefix).toBe('k8s-tunnels-');
    await managed.identify([ada]);
    expect(managed.current()?.tagPrefix).toBe('managed-');
    expect(rig.changes.at(-1)?.tagPrefix).toBe('managed-');
    expect(managed.view()?.pilot?.why).toBe('user');
    await rm(rig.managed);
    rig.publish(text('own-'));
    await rig.setUp(managed, rig.url);
    await managed.refresh();
    expect(managed.current()?.tagPrefix).toBe('own-');
    expect((await rig.start()).current()?.tagPrefix).toBe('own-');
  });
});
