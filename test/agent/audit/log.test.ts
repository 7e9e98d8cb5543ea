import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type AuditLog, createAuditLog } from '../../../main/agent/audit/log.ts';
import { type AuditReader, openAuditReader } from '../../../main/agent/audit/reader.ts';
import type { AuditEntry, AuditRequest } from '../../../main/model/audit-entry.ts';
import type { ClusterId } from '../../../main/model/cluster.ts';
import { type SkippingClock, skippingClock } from '../skipping-clock.ts';

let folder: string;
let clock: SkippingClock;
let onFailed: ReturnType<typeof vi.fn<(error: unknown) => void>>;
const readers: AuditReader[] = [];

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'k8s-tunnels-audit-'));
  clock = skippingClock({ isStill: true });
  onFailed = vi.fn<(error: unknown) => void>();
});
afterEach(async () => {
  for (const reader of readers.splice(0)) reader.close();
  await rm(folder, { recursive: true, force: true });
});

const log = (mostBytes?: number): AuditLog =>
  createAuditLog({ folder, clock, onFailed, ...(mostBytes === undefined ? {} : { mostBytes }) });
const reader = () => {
  const one = openAuditReader(folder);
  readers.push(one);
  return one;
};
const file = () => path.join(folder, 'audit.jsonl');
const entry = (name: string): AuditRequest => ({
  event: 'answered',
  at: 1,
  cluster: 'eks/1/r/c' as ClusterId,
  title: 'c',
  verb: 'get',
  resource: 'pods',
  name,
  status: 200,
  bytes: 1,
  ms: 1,
});
const names = (entries: readonly AuditEntry[]) =>
  entries.map((one) => (one.event === 'lost' ? `lost ${one.count}` : one.name));
const all = () => names(reader().last(1_000_000, () => true));

describe('entries', () => {
  it('are written together after a second, in a file of this account alone', async () => {
    const audit = log();
    audit.append(entry('a'));
    audit.append(entry('b'));
    expect(clock.pending()).toBe(1);
    expect(await readdir(folder)).toEqual([]);
    clock.skip(1_000);
    await vi.waitFor(() => expect(all()).toEqual(['a', 'b']));
    expect((await stat(file())).mode & 0o777).toBe(0o600);
    // Nothing wakes an idle agent.
    expect(clock.pending()).toBe(0);
  });

  it('that wait are written when it is closed', async () => {
    const audit = log();
    audit.append(entry('a'));
    await audit.close();
    expect(all()).toEqual(['a']);
    expect(clock.pending()).toBe(0);
  });

  it('follow a line that was torn by a crash', async () => {
    await writeFile(file(), `${JSON.stringify(entry('a'))}\n{"event":"answ`, { mode: 0o644 });
    const audit = log();
    audit.append(entry('b'));
    await audit.close();
    expect(all()).toEqual(['a', 'b']);
    expect((await stat(file())).mode & 0o777).toBe(0o600);
  });
});

describe('files', () => {
  it('are replaced by size, and their number is bounded', async () => {
    const audit = log(1_000);
    for (let at = 0; at < 200; at += 1) {
      audit.append(entry(`n${at}`));
      await audit.close();
    }
    const files = await readdir(folder);
    expect(files.toSorted()).toEqual(['audit.jsonl', ...[1, 2, 3, 4].map((at) => `audit.jsonl.${at}`)]);
    for (const one of files) expect((await stat(path.join(folder, one))).size).toBeLessThanOrEqual(1_000);
    const kept = all();
    expect(kept.at(-1)).toBe('n199');
    expect(kept).toEqual(Array.from(kept, (_, at) => `n${200 - kept.length + at}`));
  });

  it('are removed 90 days after their last entry', async () => {
    await writeFile(`${file()}.1`, `${JSON.stringify(entry('old'))}\n`);
    await writeFile(`${file()}.2`, `${JSON.stringify(entry('older'))}\n`);
    const days = (count: number) => new Date(clock.now() - count * 86_400_000);
    await utimes(`${file()}.1`, days(89), days(89));
    await utimes(`${file()}.2`, days(91), days(91));
    const audit = log();
    audit.append(entry('new'));
    await audit.close();
    expect(all()).toEqual(['old', 'new']);
  });
});

describe('a file that cannot be written', () => {
  it('is reported once, stops nothing, and gets what waited when it can be', async () => {
    // A folder of that name: also refused to root.
    await mkdir(file());
    const audit = log();
    audit.append(entry('a'));
    await audit.close();
    audit.append(entry('b'));
    await audit.close();
    expect(onFailed).toHaveBeenCalledOnce();
    expect(onFailed.mock.calls[0]?.[0]).toMatchObject({ code: 'file-unwritable' });
    await rm(file(), { recursive: true });
    audit.append(entry('c'));
    clock.skip(10_000);
    await vi.waitFor(() => expect(all()).toEqual(['a', 'b', 'c']));
    await mkdir(path.join(folder, 'x'));
    await rm(file());
    await mkdir(file());
    audit.append(entry('d'));
    await audit.close();
    expect(onFailed).toHaveBeenCalledTimes(2);
  });

  it('is tried every ten seconds, not every second', async () => {
    await mkdir(file());
    const audit = log();
    audit.append(entry('a'));
    await audit.close();
    audit.append(entry('b'));
    clock.skip(9_000);
    await rm(file(), { recursive: true });
    expect(clock.pending()).toBe(1);
    clock.skip(1_000);
    await vi.waitFor(() => expect(all()).toEqual(['a', 'b']));
  });

  it('takes no more memory than a limit, and the gap is recorded', async () => {
    await mkdir(file());
    const audit = log();
    const long = 'n'.repeat(253);
    for (let at = 0; at < 10_000; at += 1) audit.append(entry(long));
    await audit.close();
    const lost = audit.lost();
    expect(lost).toBeGreaterThan(0);
    await rm(file(), { recursive: true });
    await audit.close();
    const written = all();
    expect(written.at(-1)).toBe(`lost ${lost}`);
    expect(written).toHaveLength(10_000 - lost + 1);
  });
});

describe('a reader', () => {
  it('shows the last that fit, from older files too', async () => {
    const audit = log(1_000);
    for (let at = 0; at < 20; at += 1) {
      audit.append(entry(`n${at}`));
      await audit.close();
    }
    expect(names(reader().last(3, () => true))).toEqual(['n17', 'n18', 'n19']);
    const even = (one: AuditEntry) => one.event !== 'lost' && Number(one.name?.slice(1)) % 2 === 0;
    expect(names(reader().last(7, even))).toEqual(['n6', 'n8', 'n10', 'n12', 'n14', 'n16', 'n18']);
  });

  it('follows what is written, across a new file and before the first', async () => {
    const follower = reader();
    expect(follower.last(10, () => true)).toEqual([]);
    expect(follower.next()).toEqual([]);
    const audit = log(1_000);
    const seen: (string | undefined)[] = [];
    for (let at = 0; at < 20; at += 1) {
      audit.append(entry(`n${at}`));
      await audit.close();
      seen.push(...names(follower.next()));
    }
    expect(seen).toEqual(Array.from({ length: 20 }, (_, at) => `n${at}`));
  });

  it('ignores what it does not know', async () => {
    await writeFile(
      file(),
      [
        'not JSON',
        '{"event":"later","at":1}',
        '"text"',
        JSON.stringify({ ...entry('b'), name: 1 }),
        JSON.stringify(entry('a')),
        '',
      ].join('\n'),
    );
    expect(all()).toEqual(['a']);
  });

  it('says so if it may not read the file', async () => {
    await mkdir(file());
    await chmod(file(), 0o700);
    expect(() => reader().last(1, () => true)).toThrow(/could not be read/);
  });

  it('needs no file', () => {
    expect(all()).toEqual([]);
  });
});

it('nothing of an entry is lost on the way', async () => {
  const audit = log();
  const whole: AuditEntry = {
    ...entry('a'),
    event: 'opened',
    stream: 'x-1',
    readOnly: true,
    client: 'kubectl/v1',
  };
  audit.append(whole);
  await audit.close();
  expect(await readFile(file(), 'utf8')).toBe(`${JSON.stringify(whole)}\n`);
  expect(reader().last(1, () => true)).toEqual([whole]);
});
