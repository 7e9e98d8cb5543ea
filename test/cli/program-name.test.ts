import { symlink } from 'node:fs/promises';
import path from 'node:path';
import { execa } from 'execa';
import { expect, it } from 'vitest';
import { programName } from '../../main/cli/program-name.ts';
import { currentProgram, makeHome } from './run-cli.ts';

it('linked as a plugin of kubectl, it calls itself kubectl tunnels', async () => {
  expect(programName(['node', '/home/me/.krew/bin/kubectl-tunnels'])).toBe('kubectl tunnels');
  expect(programName(['C:\\krew\\kubectl-tunnels.exe'.replaceAll('\\', '/'), undefined])).toBe(
    'kubectl tunnels',
  );
  expect(programName(['node', '/usr/bin/k8s-tunnels'])).toBe('k8s-tunnels');
  const home = await makeHome();
  const link = path.join(home.paths.home, 'kubectl-tunnels');
  await symlink(currentProgram, link);
  const { stdout } = await execa(process.execPath, [link, 'connect', '--help'], { env: home.env });
  await home.remove();
  expect(stdout).toContain('Usage: kubectl tunnels connect');
  expect(stdout).toContain('  kubectl tunnels connect --set backend');
});
