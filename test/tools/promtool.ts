import { goTool } from './go.ts';

/** Resolves with Prometheus' own checker of rules, built from the published module. */
export const promtool = () =>
  goTool({
    name: 'promtool',
    package: 'github.com/prometheus/prometheus/cmd/promtool',
    version: 'v0.316.0',
    sum: 'h1:f1GRFerhTMKQma+awCoC9T820ecWeGSdF+xAlMHzZzM=',
  });
