import { access, chmod, constants, copyFile, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { execa, type Options, type Result } from 'execa';
import type { TestContext } from 'vitest';

/** Another account of this computer, which a test attacks from. It has no rights of its own. */
export interface OtherUser {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
  /** A folder that belongs to the account and that everyone may enter. */
  readonly folder: string;
  /** Runs a program as the account. Never rejects because of the program's exit code. */
  run(program: string, args: readonly string[], options?: Options): Promise<Result>;
  /** Runs an ES module given as source text as the account, in the Node that runs the tests. */
  node(source: string, args?: readonly string[], options?: Options): Promise<Result>;
  /** Removes the folder. The account stays for the next test. */
  close(): Promise<void>;
}

const name = 'k8s-tunnels-other';

/**
 * The account `k8s-tunnels-other`. With K8S_TUNNELS_ATTACK=required it is created where it is missing, and a machine
 * where it cannot be is a failure; otherwise the test is skipped with the reason.
 */
export async function otherUser(context: Pick<TestContext, 'skip'>): Promise<OtherUser> {
  const required = process.env.K8S_TUNNELS_ATTACK === 'required';
  const missing = (reason: string): never => {
    if (required) throw new Error(reason);
    return context.skip(reason);
  };
  if (process.platform !== 'linux') return missing('the second account is created on Linux only');
  const isRoot = process.getuid?.() === 0;
  const sudo = isRoot ? [] : ['sudo', '-n'];
  const asRoot = (...words: readonly string[]) => {
    const [program = '', ...args] = [...sudo, ...words];
    return execa(program, args, { reject: false });
  };
  let ids = await accountIds();
  if (ids === undefined && required) {
    // Two test files may create it at once: the second failure is harmless.
    await asRoot('useradd', '--create-home', '--shell', '/bin/sh', name);
    ids = await accountIds();
  }
  if (ids === undefined) return missing(`there is no account ${name}: sudo useradd --create-home ${name}`);
  const { uid, gid } = ids;
  const prefix = [...sudo, 'setpriv', `--reuid=${uid}`, `--regid=${gid}`, '--clear-groups', '--'];
  const folder = await mkdtemp(path.join(tmpdir(), 'k8s-tunnels-other-'));
  const close = async () => {
    await asRoot('rm', '-rf', folder);
  };
  const run: OtherUser['run'] = (program, args, options = {}) => {
    const [first = '', ...rest] = [...prefix, program, ...args];
    return execa(first, rest, { cwd: folder, reject: false, ...options }) as unknown as Promise<Result>;
  };
  await chmod(folder, 0o755);
  const { failed } = await asRoot('chown', `${uid}:${gid}`, folder);
  if (failed || (await run('/bin/true', [])).failed) {
    await rm(folder, { recursive: true, force: true });
    return missing(`programs cannot be run as ${name}: give this user sudo rights, or run the test as root`);
  }
  let node: Promise<string> | undefined;
  return {
    name,
    uid,
    gid,
    folder,
    run,
    async node(source, args = [], options = {}) {
      node ??= readableNode(run, folder);
      return run(await node, ['--input-type=module', '--eval', source, '--', ...args], options);
    },
    close,
  };
}

async function accountIds(): Promise<{ readonly uid: number; readonly gid: number } | undefined> {
  const { stdout, failed } = await execa('getent', ['passwd', name], { reject: false });
  const [, , uid, gid] = stdout.split(':');
  return failed ? undefined : { uid: Number(uid), gid: Number(gid) };
}

/** The Node that runs the tests may lie in a home that the other account cannot enter: then it gets a copy. */
async function readableNode(run: OtherUser['run'], folder: string): Promise<string> {
  if (!(await run(process.execPath, ['--version'])).failed) return process.execPath;
  const copy = path.join(folder, 'node');
  await copyFile(process.execPath, copy);
  await chmod(copy, 0o755);
  await access(copy, constants.X_OK);
  return copy;
}
