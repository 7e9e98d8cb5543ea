import { AppError, type PlainError } from '../../model/app-error.ts';
import type { TunnelState } from '../../model/tunnel-state.ts';

/** Adds the page for requesting access to the hint of a denied user. */
export function withAccessRequest(error: PlainError, page: string | undefined): PlainError {
  if (page === undefined || (error.code !== 'access-denied' && error.code !== 'access-login-failed'))
    return error;
  return { ...error, hint: `${error.hint ?? ''} Ask for access: ${page}`.trim() };
}

export function stateWithAccessRequest(state: TunnelState, page: string | undefined): TunnelState {
  if (!('failure' in state)) return state;
  const { failure } = state;
  return { ...state, failure: { ...failure, error: withAccessRequest(failure.error, page) } };
}

/** Adds the support page to the error of a failed start: no window shows the organisation's links then. */
export function withSupport(error: unknown, page: string | undefined): unknown {
  if (page === undefined || !(error instanceof AppError)) return error;
  const { code, message, hint = '', retryable, cause } = error;
  return new AppError(code, message, { hint: `${hint} Support: ${page}`.trim(), retryable, cause });
}
