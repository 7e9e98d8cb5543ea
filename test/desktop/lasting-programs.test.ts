import { mkdir, mkdtemp, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { lastingPrograms } from '../../main/desktop/lasting-programs.ts';
import { pluginCommand } from '../../main/desktop/plugin-command.ts';

const name = process.platform === 'win32' ? 'k8s-tunnels.exe' : 'k8s-tunnels';
let folder: string;
let state: string;

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'programs-'));
  state = path.join(folder, 'state');
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** An app as it is mounted at a start. */
async function mount(place: string, text: string, time: Date) {
  const programs = path.join(folder, place, 'resources', 'bin');
  await mkdir(programs, { recursive: true });
  await writeFile(path.join(programs, name), text, { mode: 0o755 });
  await utimes(path.join(programs, name), time, time);
  return { programs, env: { APPDIR: path.join(folder, place) } };
}

test('the programs of an installed app are named where they lie', async () => {
  const { programs } = await mount('opt', 'one', new Date(0));
  for (const env of [{}, { APPDIR: '/tmp/.mount_another-app' }, { APPDIR: '' }])
    expect(await lastingPrograms({ programs, state, env })).toBe(programs);
});

test.skipIf(process.platform !== 'linux')(
  'the programs of an AppImage are copied, and named by one path whatever its mount and version',
  async () => {
    const first = await mount('mount-a', 'one', new Date(1_000_000));
    const lasting = await lastingPrograms({ ...first, state });
    const { command, args } = pluginCommand({ programs: lasting, appFolder: folder, env: {} });
    expect([command, args]).toEqual([path.join(state, 'programs', name), []]);
    expect((await stat(command)).mode & 0o777).toBe(0o755);
    const { ino } = await stat(command);

    const again = await mount('mount-b', 'one', new Date(1_000_000));
    expect(await lastingPrograms({ ...again, state })).toBe(lasting);
    expect((await stat(command)).ino).toBe(ino);

    const updated = await mount('mount-c', 'two', new Date(2_000_000));
    expect(await lastingPrograms({ ...updated, state })).toBe(lasting);
    expect(await readFile(command, 'utf8')).toBe('two');
    expect((await stat(command)).ino).not.toBe(ino);
  },
);
