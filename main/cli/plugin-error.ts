import { fromPlainError, toPlainError } from '../model/app-error.ts';
import { reportError } from './report.ts';

/**
 * Reports an error of the credential plugin, with what to do in the same line: some clients show only the first line of
 * their plugin. Returns the exit code.
 */
export function reportPluginError(error: unknown, { json }: { readonly json: boolean }): number {
  if (json) return reportError(error, { json });
  const { message, hint = 'Run k8s-tunnels status.', ...rest } = toPlainError(error);
  return reportError(fromPlainError({ ...rest, message: `${message} ${hint}` }), { json });
}
