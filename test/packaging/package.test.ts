import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { link, mkdir, mkdtemp, readdir, readFile, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { extractFile, getRawHeader, listPackage, statFile } from '@electron/asar';
import { FuseState, FuseV1Options, getCurrentFuseWire } from '@electron/fuses';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Output } from '../../main/api/contract.ts';
import { buildExecutable } from '../../scripts/packaging/executable.ts';
import { startFakeAgent } from '../cli/fake-agent.ts';
import { builtProgram, makeHome } from '../cli/run-cli.ts';
import { installCloudflared } from '../world/cloudflared/install.ts';
import { compileCache } from '../world/compile-cache.ts';
import { createCommandLine } from '../world/demo/command-line.ts';
import { defaultPlan } from '../world/plan.ts';
import { startWorld } from '../world/world.ts';
import { packLinux, packWindows, root } from './pack.ts';

const here = process.platform === 'linux' && process.arch === 'x64';
const mib = 1024 * 1024;
let folder: string;
let app: string;
let archive: string;
/** The command line as one executable, with nothing beside it. */
let executable: string;

beforeAll(async () => {
  await execa(process.execPath, [path.join(root, 'scripts/build.ts')]);
  folder = await mkdtemp(path.join(tmpdir(), 'package-'));
  executable = path.join(folder, 'k8s-tunnels');
  if (!here) {
    await buildExecutable({ file: executable });
    return;
  }
  app = await packLinux(folder, ['dir', 'deb']);
  archive = path.join(app, 'resources', 'app.asar');
  // Built once, which takes seconds of CPU: that of the package.
  await link(path.join(app, 'resources', 'bin', 'k8s-tunnels'), executable);
}, 180_000);
afterAll(() => rm(folder, { recursive: true, force: true, maxRetries: 5 }));

describe.skipIf(!here)('the package for Linux', () => {
  const files = () => listPackage(archive, { isPack: false }).map((name) => name.slice(1));
  const textOf = (name: string) => extractFile(archive, name).toString('utf8');

  it('holds what the app needs, and nothing else', () => {
    const names = files().filter((name) => !('files' in statFile(archive, name)));
    for (const name of [
      'package.json',
      'resources/icon.png',
      'out/main/index.js',
      'out/preload/index.cjs',
      'out/renderer/index.html',
      'out/tray/idle.png',
    ])
      expect(names).toContain(name);
    const allowed =
      /^(package\.json|resources\/icon\.png|out\/(main\/[^/]+\.js|plan\/plan-worker\.cjs|preload\/index\.cjs|renderer\/(index\.html|last-theme\.js|licences\.json)|renderer\/assets\/[^/]+\.(js|css)|tray\/[^/]+\.(png|ico)))$/;
    expect(names.filter((name) => !allowed.test(name))).toEqual([]);
  });

  it('holds no secret of a developer, no path of the machine that built it and no source map', () => {
    const marks = [
      /-----BEGIN [A-Z ]*PRIVATE KEY-----\n/,
      /\bAKIA[0-9A-Z]{16}\b/,
      /\bgh[pousr]_\w{36}/,
      /sourceMappingURL=(?!.*base64)/,
    ];
    const found = files()
      .filter((name) => /\.(js|cjs|css|html|json)$/.test(name))
      .flatMap((name) => {
        const text = textOf(name);
        return [
          ...marks.filter((mark) => mark.test(text)).map((mark) => `${name}: ${mark.source}`),
          ...(text.includes(root) ? [`${name}: ${root}`] : []),
        ];
      });
    expect(found).toEqual([]);
    expect(JSON.parse(textOf('package.json'))).not.toHaveProperty('devDependencies');
    expect(JSON.parse(textOf('package.json'))).not.toHaveProperty('scripts');
  });

  it.each([
    ['RunAsNode', 'DISABLE'],
    ['EnableCookieEncryption', 'ENABLE'],
    ['EnableNodeOptionsEnvironmentVariable', 'DISABLE'],
    ['EnableNodeCliInspectArguments', 'DISABLE'],
    ['EnableEmbeddedAsarIntegrityValidation', 'ENABLE'],
    ['OnlyLoadAppFromAsar', 'ENABLE'],
    ['GrantFileProtocolExtraPrivileges', 'DISABLE'],
  ] as const)('has its fuse %s flipped: %s', async (fuse, state) => {
    const wire = await getCurrentFuseWire(path.join(app, 'k8s-tunnels'));
    expect(wire[FuseV1Options[fuse]]).toBe(FuseState[state]);
  });

  it('has its programs beside it, which a person may run', async () => {
    const bin = path.join(app, 'resources', 'bin');
    expect((await readdir(bin)).sort()).toEqual(['cloudflared', 'k8s-tunnels']);
    for (const name of await readdir(bin)) expect(statSync(path.join(bin, name)).mode & 0o777).toBe(0o755);
    expect(await readdir(path.join(app, 'locales'))).toEqual(['en-US.pak']);
    const { version } = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8'));
    const { stdout } = await execa(path.join(bin, 'k8s-tunnels'), ['--version'], {
      env: {},
      extendEnv: false,
    });
    expect(stdout).toBe(version);
  });

  it('carries the licences of what is in it', async () => {
    const licences = path.join(app, 'resources', 'licences');
    expect(await readFile(path.join(licences, 'cloudflared.txt'), 'utf8')).toContain('Apache License');
    const others = await readFile(path.join(licences, 'THIRD-PARTY-LICENSES.txt'), 'utf8');
    for (const name of ['zod', 'react', '@aws-sdk/client-eks', 'ws'])
      expect(others).toMatch(new RegExp(`^${name} \\d`, 'm'));
  });

  it('stays within its size', () => {
    const sizeOf = (place: string): number => {
      const info = statSync(place);
      if (!info.isDirectory()) return info.size;
      return readdirSync(place).reduce((sum, name) => sum + sizeOf(path.join(place, name)), 0);
    };
    const parts = [
      { part: 'app.asar', MiB: sizeOf(archive) / mib, budget: 10 },
      {
        part: 'bin/k8s-tunnels',
        MiB: sizeOf(path.join(app, 'resources/bin/k8s-tunnels')) / mib,
        budget: 140,
      },
      { part: 'licences', MiB: sizeOf(path.join(app, 'resources/licences')) / mib, budget: 1 },
    ];
    console.table(parts.map((row) => ({ ...row, MiB: Number(row.MiB.toFixed(1)) })));
    expect(parts.filter(({ MiB, budget }) => MiB > budget)).toEqual([]);
  });
});

describe.skipIf(!here)('the deb', () => {
  const deb = async () => {
    const dist = path.join(folder, 'dist');
    const names = (await readdir(dist)).filter((name) => name.endsWith('.deb'));
    expect(names).toEqual([expect.stringMatching(/^k8s-tunnels_.*_amd64\.deb$/)]);
    return path.join(dist, names[0] ?? '');
  };

  it('takes links, and shows the app with its icons', async () => {
    const out = path.join(folder, 'unpacked');
    await execa('dpkg-deb', ['-x', await deb(), out]);
    const entry = (
      await readFile(path.join(out, 'usr/share/applications/k8s-tunnels.desktop'), 'utf8')
    ).split('\n');
    expect(entry).toEqual(
      expect.arrayContaining([
        'Exec=/opt/k8s-tunnels/k8s-tunnels %U',
        'MimeType=x-scheme-handler/k8s-tunnels;',
        'Icon=k8s-tunnels',
        'StartupWMClass=k8s-tunnels',
        'Categories=Development;',
      ]),
    );
    const icons = path.join(out, 'usr/share/icons/hicolor');
    for (const size of [16, 32, 48, 64, 128, 256, 512, 1024]) {
      const png = await readFile(path.join(icons, `${size}x${size}`, 'apps', 'k8s-tunnels.png'));
      expect([png.toString('latin1', 1, 4), png.readUInt32BE(16)]).toEqual(['PNG', size]);
    }
  });

  it('installs, puts the command line on the PATH, updates, and goes without a trace', async (context) => {
    const place = path.join(folder, 'overlay');
    await mkdir(place);
    const able = await execa('unshare', ['--mount', 'sh', '-c', `mount -t tmpfs none '${place}'`], {
      reject: false,
    });
    context.skip(able.exitCode !== 0, `no mount namespace of its own: ${able.stderr || able.shortMessage}`);
    const script = path.join(import.meta.dirname, 'deb-in-overlay.sh');
    const { stdout, stderr, exitCode } = await execa(
      'unshare',
      ['--mount', 'sh', script, await deb(), place],
      {
        reject: false,
      },
    );
    expect({ exitCode, stderr }).toMatchObject({ exitCode: 0 });
    const answers: Record<string, string[]> = Object.fromEntries(
      stdout
        .split(/^# /m)
        .slice(1)
        .map((part) => {
          const [name = '', ...lines] = part.trimEnd().split('\n');
          return [name, lines];
        }),
    );
    const program = '/opt/k8s-tunnels/resources/bin/k8s-tunnels';
    const lines = answers.files ?? [];
    expect(lines.filter((line) => !line.includes(' root:root ') || /^[^l]\S{7}w/.test(line))).toEqual([]);
    for (const line of [
      `-rwxr-xr-x root:root ${program}`,
      '-rwxr-xr-x root:root /opt/k8s-tunnels/resources/bin/cloudflared',
      '-rw-r--r-- root:root /opt/k8s-tunnels/resources/app.asar',
    ])
      expect(lines).toContain(line);
    expect(answers).toMatchObject({ link: [program], reinstalled: [program], entry: [], left: [] });
    const { version } = JSON.parse(await readFile(path.join(root, 'package.json'), 'utf8'));
    expect(answers.version).toEqual([version]);
    expect(answers.manual).toEqual([expect.stringContaining(`k8s-tunnels ${version}`)]);
    expect(JSON.parse((answers.status ?? []).join('\n'))).toMatchObject({ agent: { version }, tunnels: [] });
    const found = await execa('sh', ['-c', 'command -v update-desktop-database'], { reject: false });
    if (found.exitCode === 0)
      expect(answers.handler).toEqual(['x-scheme-handler/k8s-tunnels=k8s-tunnels.desktop;']);
  });
});

describe.skipIf(!here)('the package for Windows', () => {
  it('has its fuses, and the sum of its archive in the program', async () => {
    const app = await packWindows(folder);
    const program = path.join(app, 'k8s-tunnels.exe');
    const wire = await getCurrentFuseWire(program);
    expect(wire[FuseV1Options.RunAsNode]).toBe(FuseState.DISABLE);
    expect(wire[FuseV1Options.EnableEmbeddedAsarIntegrityValidation]).toBe(FuseState.ENABLE);
    const { headerString } = getRawHeader(path.join(app, 'resources', 'app.asar'));
    const value = createHash('sha256').update(headerString).digest('hex');
    const [resource = ''] = /\[\{"file":.*?\}\]/.exec(await readFile(program, 'latin1')) ?? [];
    expect(JSON.parse(resource)).toEqual([{ file: 'resources\\app.asar', alg: 'SHA256', value }]);
  });
});

describe('the command line as one executable', () => {
  it('does the demo’s check with no node beside it', async () => {
    const only = path.join(folder, 'path');
    await mkdir(only);
    const kubectl = await execa('sh', ['-c', 'command -v kubectl'], { reject: false });
    if (kubectl.exitCode === 0) await symlink(kubectl.stdout, path.join(only, 'kubectl'));
    const { stdout, exitCode } = await execa(
      process.execPath,
      [path.join(root, 'test/world/demo/index.ts'), '--check', '--program', executable],
      {
        // Nothing else on its PATH.
        env: { ...compileCache, HOME: process.env.HOME, TMPDIR: folder, PATH: only },
        extendEnv: false,
        reject: false,
        all: true,
      },
    );
    expect({ exitCode, stdout }).toMatchObject({ exitCode: 0, stdout: expect.stringMatching(/^ok after /m) });
  }, 90_000);

  it('names itself to kubectl by its absolute path, and uses the cloudflared beside it', async () => {
    const bin = path.join(folder, 'bin');
    await installCloudflared(bin);
    const installed = path.join(bin, 'k8s-tunnels');
    await link(executable, installed);
    // As a package puts it on the PATH.
    const onPath = path.join(folder, 'on-path');
    await symlink(installed, onPath);
    const eks = defaultPlan.eks.map((cluster) => ({
      ...cluster,
      tags: { ...cluster.tags, 'k8s-tunnels-connector': 'cloudflared' },
    }));
    const world = await startWorld({ plan: { ...defaultPlan, eks } });
    const commandLine = await createCommandLine(world, { K8S_TUNNELS_CLOUDFLARED: '/nowhere' }, onPath);
    try {
      const { results } = await commandLine.tunnels<Output<'connect'>>('connect', 'payments-staging-eu');
      expect(results).toMatchObject([{ status: 'connected' }]);
      expect((await commandLine.tunnels<Output<'snapshot'>>('status')).tunnels).toMatchObject([
        { connector: 'cloudflared' },
      ]);
      expect(await readFile(world.env.KUBECONFIG ?? '', 'utf8')).toMatch(
        new RegExp(`command: ["']?${installed}["']?\\n`),
      );
    } finally {
      await commandLine.stop();
      await world.close();
    }
  }, 60_000);

  it('takes no options of Node from NODE_OPTIONS', async () => {
    const env = { HOME: folder, NODE_OPTIONS: '--require /nowhere/at-all.js' };
    expect((await execa(executable, ['--version'], { env, extendEnv: false })).stdout).toMatch(
      /^\d+\.\d+\.\d+/,
    );
  });

  it('answers a credential, and tells how long it and Node take', async () => {
    const home = await makeHome();
    const agent = await startFakeAgent(home.paths);
    const median = async (file: string, args: readonly string[]) => {
      const times: number[] = [];
      for (let round = 0; round < 7; round++) {
        const start = performance.now();
        const { stdout } = await execa(file, args, { env: home.env, extendEnv: false });
        times.push(performance.now() - start);
        expect(JSON.parse(stdout)).toMatchObject({ kind: 'ExecCredential' });
      }
      return `${Math.round(times.sort((a, b) => a - b)[3] ?? 0)} ms`;
    };
    try {
      const asked = ['credential', 'prod'];
      const own = await median(executable, asked);
      const node = await median(process.execPath, [builtProgram, ...asked]);
      console.log(`k8s-tunnels credential, from start to end: ${own} as one executable, ${node} by node`);
    } finally {
      await agent.close();
      await home.remove();
    }
  });
});
