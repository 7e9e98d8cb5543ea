/** Describes the codes of `exit-codes.ts` for `--help`. A separate file, so that a credential does not load it. */
export const exitCodesHelp = `Exit codes:
  0    success
  1    failed, or several clusters failed for different reasons
  2    invalid usage, setting or environment variable
  3    sign-in needed, or access denied
  4    no such cluster, or an ambiguous name
  5    agent or network unreachable
  6    lint-tags, doctor or setup --check found problems (lint-tags: errors; with --strict, warnings too)
  7    discover, compare, publish, lint-tags: partial, some locations or clusters did not answer
  130  interrupted; changes rolled back`;
