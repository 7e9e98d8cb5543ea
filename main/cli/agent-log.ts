import { renameSync, statSync } from 'node:fs';
import path from 'node:path';
import { pino } from 'pino';
import type { Environment, Logger } from '../agent/parts.ts';
import { escapeUnseen } from '../model/plain-text.ts';
import { redact, redacted } from '../redaction/redact.ts';

const rotateAboveBytes = 5 * 1024 * 1024;
const levels = ['debug', 'info', 'warn', 'error'] as const;

/** `agent.log` in the folder of state, 0600; a long one becomes `agent.log.1` first. K8S_TUNNELS_LOG is the level. No line holds a secret, or a character that a terminal acts on. */
export function openAgentLog(folder: string, env: Environment): Logger {
  const file = path.join(folder, 'agent.log');
  if ((statSync(file, { throwIfNoEntry: false })?.size ?? 0) > rotateAboveBytes)
    renameSync(file, `${file}.1`);
  const level = levels.find((name) => name === env.K8S_TUNNELS_LOG?.toLowerCase()) ?? 'info';
  // Written at once: what led to a crash must be in it.
  const to = pino.destination({ dest: file, mode: 0o600, append: true, sync: true });
  // A full disk costs the log, not the agent.
  to.on('error', () => {});
  const log = pino({ level }, { write: (line) => to.write(escapeUnseen(line)) });
  const at =
    (name: (typeof levels)[number]): Logger['info'] =>
    (message, fields = {}) => {
      if (log.isLevelEnabled(name)) log[name](redacted(fields), redact(message));
    };
  return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') };
}
