/** What `exit-codes.ts` says, for `--help`: kubectl's credential does not load it. */
export const exitCodesHelp = `Exit codes:
  0    done
  1    failed, or several clusters of which some failed for different reasons
  2    bad input or usage, a setting or a variable that does not fit
  3    a sign-in is needed or access is denied
  4    no such cluster, or a name that several have
  5    the agent or the network cannot be reached
  6    lint-tags found errors (with --strict: anything)
  130  interrupted; what was begun has been undone`;
