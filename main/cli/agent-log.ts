import { renameSync, statSync } from 'node:fs';
import path from 'node:path';
import { pino } from 'pino';
import type { Environment, Logger } from '../agent/parts.ts';
import { escapeUnseen } from '../model/plain-text.ts';
import { redact, redacted } from '../redaction/redact.ts';

const rotateAboveBytes = 5 * 1024 * 1024;
/** The names that pino gives to a line's own fields: it would write a second field of that name beside its own. */
const ownNames = new Set(['level', 'time', 'pid', 'hostname', 'msg']);
const levels = ['debug', 'info', 'warn', 'error'] as const;

/**
 * Opens `agent.log` in the state folder with mode 0600, after it has renamed a long one to `agent.log.1`. The level
 * comes from K8S_TUNNELS_LOG. Removes secrets from each line and escapes control characters. A field that is named as
 * one of pino's own gets an underscore, so that a line has no key twice.
 */
export function openAgentLog(folder: string, env: Environment): Logger {
  const file = path.join(folder, 'agent.log');
  if ((statSync(file, { throwIfNoEntry: false })?.size ?? 0) > rotateAboveBytes) {
    try {
      renameSync(file, `${file}.1`);
    } catch {
      // On Windows, another program has it open. The next start renames it.
    }
  }
  const level = levels.find((name) => name === env.K8S_TUNNELS_LOG?.toLowerCase()) ?? 'info';
  // Write synchronously, so that the lines before a crash are in the file.
  const to = pino.destination({ dest: file, mode: 0o600, append: true, sync: true });
  // A full disk must not stop the agent.
  to.on('error', () => {});
  const log = pino({ level }, { write: (line) => to.write(escapeUnseen(line)) });
  const at =
    (name: (typeof levels)[number]): Logger['info'] =>
    (message, fields = {}) => {
      if (log.isLevelEnabled(name)) log[name](redacted(renamed(fields)), redact(message));
    };
  return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') };
}

function renamed(fields: Readonly<Record<string, unknown>>): object {
  return Object.fromEntries(
    Object.entries(fields).map(([name, value]) => [ownNames.has(name) ? `${name}_` : name, value]),
  );
}
