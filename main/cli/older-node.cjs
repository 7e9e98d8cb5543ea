'use strict';
// What the built command line does under a Node that is too old for it: goes on with the one that `npm ci` brought. Kubeconfig
// entries and the agent name that one from then on, so only what is typed takes this way. Plain code for any Node.
const { spawn } = require('node:child_process');
const { existsSync } = require('node:fs');
const path = require('node:path');

const checkout = path.resolve(__dirname, '..', '..');
const node = path.join(
  checkout,
  'node_modules',
  'node',
  'bin',
  process.platform === 'win32' ? 'node.exe' : 'node',
);
if (existsSync(node)) {
  let child;
  const pass = (signal) => child.kill(signal);
  // Before the child is there: it must not be left alone. A terminal sends Ctrl-C to both: the child decides what comes of it.
  process.on('SIGINT', () => {});
  process.on('SIGTERM', pass);
  process.on('SIGHUP', pass);
  child = spawn(node, process.argv.slice(1), { stdio: 'inherit' });
  child.on('error', (error) => {
    process.stderr.write(`k8s-tunnels cannot run ${node}: ${error.message}\n`);
    process.exitCode = 1;
  });
  child.on('exit', (code, signal) => {
    if (signal === null) {
      process.exitCode = code;
      return;
    }
    for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.removeAllListeners(name);
    process.kill(process.pid, signal);
  });
} else {
  process.stderr.write(
    `k8s-tunnels needs Node 24 or later; this is Node ${process.versions.node} (${process.execPath}).\nRun npm ci in ${checkout}, which brings one, or install Node 24.\n`,
  );
  process.exitCode = 1;
}
