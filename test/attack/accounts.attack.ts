import { chmod, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, test } from 'vitest';
import { makeHome } from '../cli/run-cli.ts';
import { otherUser } from './other-user.ts';

test('the other account runs programs as itself and cannot read a private file of this one', async (context) => {
  const other = await otherUser(context);
  const home = await makeHome();
  try {
    const file = path.join(home.paths.home, 'secret');
    await writeFile(file, 'secret', { mode: 0o600 });
    await chmod(home.paths.home, 0o755);
    const { stdout } = await other.node('console.log(process.getuid())');
    expect(Number(stdout)).toBe(other.uid);
    expect(other.uid).not.toBe(process.getuid?.());
    expect((await other.run('cat', [file])).stderr).toContain('Permission denied');
  } finally {
    await home.remove();
    await other.close();
  }
});
