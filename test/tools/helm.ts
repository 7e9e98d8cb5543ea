import { goTool } from './go.ts';

/** Resolves with Helm 4. */
export const helm4 = () =>
  goTool({
    name: 'helm',
    package: 'helm.sh/helm/v4/cmd/helm',
    version: 'v4.3.1',
    sum: 'h1:UndCoLe9UPmNoL7IvWzaUXveL7T5t/ijoorEmgJdI9g=',
  });
