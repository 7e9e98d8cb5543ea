import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

export interface Kubelet {
  readonly port: number;
  close(): Promise<void>;
}

/** Starts the kubelet of `programs/go/fakelet`: one pod, with the streams of a real kubelet. */
export async function startKubelet(program: string): Promise<Kubelet> {
  const child = spawn(program, { stdio: ['pipe', 'pipe', 'inherit'] });
  const ended = once(child, 'close');
  const [line] = (await Promise.race([
    once(createInterface(child.stdout), 'line'),
    ended.then(() => Promise.reject(new Error('the kubelet ended'))),
  ])) as [string];
  const { port } = JSON.parse(line) as { readonly port: number };
  return {
    port,
    async close() {
      child.stdin.end();
      await ended;
    },
  };
}
