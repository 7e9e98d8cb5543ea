'use strict';
// Runs the built command line with the Node that `npm ci` installed if the current one is too old. Kubeconfig entries and the
// agent use that Node directly, so only commands that a user types take this detour. Must run on any Node.
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
  // Install the handlers before the child starts, so that it is not orphaned. A terminal sends Ctrl-C to both processes: the
  // child decides what to do.
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
    `k8s-tunnels needs Node 24 or later; this is Node ${process.versions.node} (${process.execPath}). Run npm ci in ${checkout}, which installs it, or install Node 24.\n`,
  );
  process.exitCode = 1;
}
