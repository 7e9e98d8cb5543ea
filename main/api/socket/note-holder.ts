import { unlink } from 'node:fs/promises';
import { pidLockBody } from '../../agent/processes/pid-lock.ts';
import { writeFileAtomic } from '../../agent/storage/write-file-atomic.ts';
import { holderFile } from './holder.ts';

/** Records that this process is the agent. Rejects with `disk-full` or `file-unwritable`. */
export async function noteHolder(state: string): Promise<void> {
  await writeFileAtomic(holderFile(state), pidLockBody());
}

export async function clearHolder(state: string): Promise<void> {
  await unlink(holderFile(state)).catch(() => {});
}
