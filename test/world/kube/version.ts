/** The answer of `/version`. */
export function serverVersion(gitVersion: string) {
  const [, major = '1', minor = '32'] = /^v(\d+)\.(\d+)/.exec(gitVersion) ?? [];
  return {
    major,
    minor,
    gitVersion,
    gitCommit: 'cebda81e1ff2ff8ce9a3b9bb4b2ec2ae5bcbbb04',
    gitTreeState: 'clean',
    buildDate: '2025-09-09T19:40:00Z',
    goVersion: 'go1.23.12',
    compiler: 'gc',
    platform: 'linux/amd64',
  };
}
