// Runs in a sandbox, tries to leave it, and prints what became of each attempt as JSON.
const { spawnSync } = require('node:child_process');
const fs = require('node:fs');
const net = require('node:net');

const { home, port, other, agentSocket, stateFile, abstract, pid, seed, perl } = JSON.parse(process.argv[2]);
const shown = [home, process.execPath];

const codeOf = (act) => {
  try {
    return act() ?? 'done';
  } catch (error) {
    return error.code;
  }
};
const read = (file) => codeOf(() => `read: ${fs.readFileSync(file, 'utf8')}`);
const write = (file) => codeOf(() => fs.writeFileSync(file, 'changed'));
const connect = (to) =>
  new Promise((resolve) => {
    net
      .connect(to)
      .on('error', ({ code }) => resolve(code))
      .on('data', (data) => resolve(`answered: ${data}`))
      .on('close', () => resolve('connected'));
  });
const statusOf = (name) =>
  new RegExp(`^${name}:\\s*(\\S+)`, 'm').exec(fs.readFileSync('/proc/self/status', 'utf8'))?.[1];

async function main() {
  const numbers = fs.readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  const seen = numbers.filter((name) => {
    const environment = read(`/proc/${name}/environ`);
    return environment.includes(seed) || read(`/proc/${name}/cmdline`).includes('vitest');
  });
  const mounts = fs.readFileSync('/proc/self/mountinfo', 'utf8').trim().split('\n');
  console.log(
    JSON.stringify({
      kubeconfig: read(`${home}/.kube/config`),
      state: read(stateFile),
      home: fs.readdirSync(home),
      temporary: fs
        .readdirSync('/tmp')
        .filter((name) => !shown.some((one) => one.startsWith(`/tmp/${name}`))),
      link: read('link'),
      etc: read('/etc/shadow'),
      ownSettings: read('/etc/machine-id'),
      run: fs.readdirSync('/run').toSorted(),
      agentSocket: await connect(agentSocket),
      otherPort: await connect({ host: '127.0.0.1', port: other }),
      otherHost: await connect({ host: '192.0.2.1', port: 443 }),
      abstract: await connect(`\0${abstract}`),
      environment: Object.keys(process.env),
      processes: seen,
      environOf: read(`/proc/${pid}/environ`),
      signal: codeOf(() => process.kill(pid, 0)),
      inherited: read('/proc/self/fd/37'),
      noNewPrivileges: statusOf('NoNewPrivs'),
      capabilities: [statusOf('CapEff'), statusOf('CapBnd')],
      setuid: mounts.filter((line) => !/\bnosuid\b/.test(line)).map((line) => line.split(' ')[4]),
      devices: codeOf(() => fs.readdirSync('/dev/disk')),
      unmount: spawnSync('umount', [home]).status === 0,
      keyring: spawnSync('perl', ['-e', perl.keyring], { encoding: 'utf8' }).stdout,
      families: spawnSync('perl', ['-e', perl.families], { encoding: 'utf8' }).stdout,
      // Writing.
      folder: write('file'),
      programs: write('/usr/bin/k8s-tunnels-test'),
      ownKubeconfig: write(process.env.KUBECONFIG),
      git: write('.git/config'),
      scratch: write(`${home}/scratch`),
      // What it is for.
      kubeconfigInside: read(process.env.KUBECONFIG).includes(`127.0.0.1:${port}`),
      cluster: await connect({ host: '127.0.0.1', port }),
      shown: read('notes'),
    }),
  );
  process.exit(9);
}

void main();
