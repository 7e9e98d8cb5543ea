import assert from 'node:assert/strict';
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { whileHeld } from './holding.ts';
import { createUser, settings, type User } from './user.ts';

const windows = process.platform === 'win32';
const isRoot = process.getuid?.() === 0;
const caseless = windows || process.platform === 'darwin';
const own = [
  '# mine, ünï',
  ...['apiVersion: v1', 'kind: Config', 'clusters:', '- cluster:', '    server: https://127.0.0.1:1'],
  ...['  name: mine', 'contexts:', '- context:', '    cluster: mine', '    user: mine', '  name: mine'],
  ...['current-context: mine', 'users:', '- name: mine', '  user: {}', ''],
];
const crlf = own.join('\r\n');

describe('the kubeconfig', () => {
  let user: User;
  let folder: string;
  before(() => {
    user = createUser('Ada Łovelace');
    folder = path.join(user.home, 'My Kube Files');
    for (const name of [path.dirname(user.kubeconfig), folder]) mkdirSync(name, { recursive: true });
    assert.equal(user.tunnels(['discover']).code, 0);
    assert.equal(user.tunnels(['connect', 'payments-staging-eu']).code, 0);
    assert.equal(user.tunnels(['remove', '--all']).code, 0);
  });
  after(() => {
    user.tunnels(['quit']);
  });

  const connect = (cluster: string, kubeconfig?: string) =>
    user.tunnels(['connect', cluster], { KUBECONFIG: kubeconfig });
  const removeAll = (kubeconfig?: string) =>
    assert.equal(user.tunnels(['remove', '--all'], { KUBECONFIG: kubeconfig }).code, 0);
  /** Connects, has kubectl read, removes, and compares the bytes. */
  const roundTrip = (bytes: string | Buffer, file = user.kubeconfig, kubeconfig?: string) => {
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(file, bytes);
    const before = readFileSync(file);
    const connected = connect('payments-staging-eu', kubeconfig);
    assert.equal(connected.code, 0, connected.said);
    const between = readFileSync(file, 'utf8');
    assert.match(between, /payments-staging-eu/);
    if (settings.kubectl !== undefined) {
      const read = user.kubectl(['get', 'namespaces', '-o', 'name'], { KUBECONFIG: kubeconfig });
      assert.equal(read.code, 0, read.said);
    }
    removeAll(kubeconfig);
    assert.ok(before.equals(readFileSync(file)), `not restored: ${readFileSync(file, 'utf8')}`);
    return between;
  };

  test('with CRLF gets lines with CRLF, and its bytes back', () => {
    assert.equal(roundTrip(crlf).replaceAll('\r\n', '').includes('\n'), false);
  });
  test('with CRLF and no last line end', () => {
    roundTrip(crlf.replace(/\r\n$/, ''));
  });
  test('with a byte order mark', () => {
    roundTrip(`\ufeff${crlf}`);
  });
  test('with mixed line ends', () => {
    roundTrip(crlf.replace('kind: Config\r\n', 'kind: Config\n'));
  });
  test('as a list with empty and missing entries', () => {
    const list = [path.join(folder, 'missing.yaml'), path.join(folder, 'a.yaml'), '', user.kubeconfig];
    roundTrip(crlf, path.join(folder, 'a.yaml'), list.join(path.delimiter));
  });
  test('by a relative path, and with forward slashes', () => {
    roundTrip(crlf, path.join(user.home, 'relative.yaml'), 'relative.yaml');
    const file = path.join(folder, 'slashes.yaml');
    roundTrip(crlf, file, file.replaceAll('\\', '/'));
  });
  test('by a path of more than 260 characters', () => {
    const long = path.join(
      user.home,
      ...Array.from({ length: 12 }, () => 'a-folder-with-a-long-name'),
      'config',
    );
    assert.ok(long.length > 260);
    roundTrip(crlf, long, long);
  });

  test('named in another case is the same file', { skip: !caseless && 'names differ by case here' }, () => {
    const file = path.join(folder, 'case.yaml');
    writeFileSync(file, crlf);
    const loud = path.join(folder.toUpperCase(), 'CASE.YAML');
    assert.equal(connect('payments-staging-eu', file).code, 0);
    const other = connect('search-staging', loud);
    assert.equal(other.code, 0, other.said);
    const journal = readFileSync(path.join(user.state, 'journal.json'), 'utf8');
    const { data } = JSON.parse(journal) as { data: Record<string, unknown> };
    assert.deepEqual(
      Object.keys(data).filter((name) => name.toLowerCase() === file.toLowerCase()),
      [file],
    );
    const both = user.tunnels(['status'], { KUBECONFIG: [file, loud].join(path.delimiter) });
    assert.equal(both.code, 0, both.said);
    removeAll(loud);
    assert.equal(readFileSync(file, 'utf8'), crlf);
    assert.deepEqual(
      readdirSync(folder).filter((name) => name.endsWith('.lock')),
      [],
    );
  });

  test('that is read-only is refused and stays as it is', { skip: isRoot && 'root may write it' }, () => {
    writeFileSync(user.kubeconfig, crlf);
    chmodSync(user.kubeconfig, 0o444);
    try {
      const refused = connect('payments-staging-eu');
      assert.notEqual(refused.code, 0, refused.said);
      assert.match(refused.stderr, /could not be written/);
    } finally {
      chmodSync(user.kubeconfig, 0o666);
    }
    assert.equal(readFileSync(user.kubeconfig, 'utf8'), crlf);
    removeAll();
  });

  describe('that another program has open', { skip: !windows && 'an open file is replaced here' }, () => {
    const attempt = (ms: number, mode: 'shared' | 'exclusive') => {
      writeFileSync(user.kubeconfig, crlf);
      return whileHeld(user.kubeconfig, { ms, mode }, () => connect('payments-staging-eu'));
    };
    const left = () =>
      readdirSync(path.dirname(user.kubeconfig)).filter((name) => name !== 'config' && name !== 'cache');

    test('for a moment, is waited for', async () => {
      const connected = await attempt(1_500, 'exclusive');
      assert.equal(connected.code, 0, connected.said);
      removeAll();
      assert.equal(readFileSync(user.kubeconfig, 'utf8'), crlf);
    });
    test('for long, is an error that says so, and stays as it is', async () => {
      for (const mode of ['shared', 'exclusive'] as const) {
        const refused = await attempt(15_000, mode);
        if (mode === 'shared' && refused.code === 0) {
          // Windows 10 with POSIX semantics replaces a file that others have open for sharing.
          removeAll();
          continue;
        }
        assert.notEqual(refused.code, 0, refused.said);
        assert.match(refused.stderr, /another program has it open/);
        assert.equal(readFileSync(user.kubeconfig, 'utf8'), crlf);
        assert.deepEqual(left(), []);
      }
    });
  });

  describe('kubectl’s home', { skip: !windows && 'Windows has three variables for it' }, () => {
    test('is HOME, HOMEDRIVE with HOMEPATH, or USERPROFILE: the first that has a kubeconfig', () => {
      const place = path.join(user.home, 'git bash home');
      const file = path.join(place, '.kube', 'config');
      mkdirSync(path.dirname(file), { recursive: true });
      for (const home of [{ HOME: place }, { HOMEDRIVE: place.slice(0, 2), HOMEPATH: place.slice(2) }]) {
        writeFileSync(file, crlf);
        const connected = user.tunnels(['connect', 'payments-staging-eu'], home);
        assert.equal(connected.code, 0, connected.said);
        assert.match(readFileSync(file, 'utf8'), /payments-staging-eu/);
        const current = user.kubectl(['config', 'current-context'], home);
        assert.match(current.stdout, /payments-staging-eu/, current.said);
        assert.equal(user.tunnels(['remove', '--all'], home).code, 0);
        assert.equal(readFileSync(file, 'utf8'), crlf);
      }
      assert.ok(existsSync(user.kubeconfig));
    });
  });
});
