import { toPlainError } from '../../main/model/app-error.ts';

/** Whether the agent rejected an operation because the user has to confirm production first. */
export function asksAboutProduction(error: unknown): boolean {
  return toPlainError(error).code === 'production-unconfirmed';
}
