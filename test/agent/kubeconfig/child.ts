import fs from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';
import { createKubeconfig, type KubeconfigSource } from '../../../main/agent/kubeconfig/kubeconfig.ts';
import { silentLogger, systemClock } from '../../../main/agent/parts.ts';
import { toPlainError } from '../../../main/model/app-error.ts';
import { entry } from './entry.ts';

/** What the child is to do: add one entry, and die or be poor while it does. */
export interface ChildTask {
  readonly folder: string;
  readonly source: KubeconfigSource;
  readonly id: string;
  /** Ends itself with SIGKILL around the call that puts the file in place. */
  readonly killAt?: 'before-rename' | 'after-rename' | 'before-lock';
  /** Becomes this user first. */
  readonly uid?: number;
}

const task = JSON.parse(process.argv[2] ?? '') as ChildTask;
const config = task.source.kubeconfig;

const { rename, symlink } = fs;
const die = () => process.kill(process.pid, 'SIGKILL');
fs.rename = async (from, to) => {
  if (to === config && task.killAt === 'before-rename') die();
  await rename(from, to);
  if (to === config && task.killAt === 'after-rename') die();
};
fs.symlink = async (target, file, ...rest) => {
  if (task.killAt === 'before-lock' && String(file).endsWith('.lock')) die();
  return symlink(target, file, ...rest);
};
syncBuiltinESMExports();

if (task.uid !== undefined) {
  process.setgroups?.([task.uid]);
  process.setgid?.(task.uid);
  process.setuid?.(task.uid);
}
const kubeconfig = createKubeconfig({ folder: task.folder, clock: systemClock, logger: silentLogger });
try {
  await kubeconfig.add(task.source, [entry(task.id)], { current: task.id });
  console.log(JSON.stringify({ ok: true }));
} catch (error) {
  console.log(JSON.stringify(toPlainError(error)));
}
