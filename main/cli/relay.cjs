'use strict';
// Passes the connections of programs in a container on to the agent of the computer that runs it. `k8s-tunnels kubeconfig
// --container` puts a copy beside the kubeconfig and the sockets. Must run on any Node from 16 on, without packages.
const childProcess = require('node:child_process');
const fs = require('node:fs');
const net = require('node:net');
const os = require('node:os');
const path = require('node:path');

/** How often the kubeconfig is compared with before: the computer writes it again when its tokens have expired. */
const lookEveryMs = 1000;
/** A connection waits this long for an agent that restarts. */
const patienceMs = 10000;
const retryMs = 200;

/**
 * Listens on the ports of 127.0.0.1 that the kubeconfig in `folder` names, and follows it when it changes. A connection
 * leads to the socket of that port in the folder; with `host`, to the same port of that host. With `outward` it is the other
 * end: listens on the sockets, which lead to the ports. `folder` may be the kubeconfig itself. Calls `onReady` once, when
 * what it names is open or has failed. Returns a function that closes everything.
 */
function relay({
  folder: given,
  host,
  outward = false,
  log,
  onListening = (port) => log(`Listening on 127.0.0.1:${port}.`),
  onReady = () => {},
}) {
  const kubeconfig = isFile(given) ? given : path.join(given, 'kubeconfig');
  const folder = path.dirname(kubeconfig);
  const servers = new Map();
  const open = new Set();
  let said;
  const say = (text) => {
    if (text !== said) log(text);
    said = text;
  };

  const socketOf = (port) => ({ path: path.join(folder, `${port}.sock`) });
  const portOf = (port, on = '127.0.0.1') => ({ host: on, port });
  const targetOf = (port) =>
    outward ? portOf(port) : host === undefined ? socketOf(port) : portOf(port, host);

  const accept = (client, port) => {
    open.add(client);
    client.once('close', () => open.delete(client));
    client.on('error', () => {});
    const until = Date.now() + patienceMs;
    let remote;
    // A client that goes away while it waits, or has its connection cut, takes the other end with it.
    client.once('close', (isBroken) => {
      if (remote !== undefined) endOf(remote, isBroken);
    });
    const dial = () => {
      if (client.destroyed) return;
      remote = net.connect(Object.assign({ allowHalfOpen: true }, targetOf(port)));
      const failed = (error) => {
        if (Date.now() < until) {
          setTimeout(dial, retryMs);
          return;
        }
        say(
          `No agent answers for port ${port} (${error.code}). Run k8s-tunnels status on the computer that runs this container.`,
        );
        client.destroy();
      };
      remote.once('error', failed);
      remote.once('connect', () => {
        remote.off('error', failed);
        remote.on('error', () => {});
        remote.once('close', (isBroken) => endOf(client, isBroken));
        said = undefined;
        remote.setNoDelay(true);
        client.pipe(remote);
        remote.pipe(client);
      });
    };
    client.setNoDelay(true);
    dial();
  };

  const listen = (port) =>
    new Promise((resolve) => {
      const server = net.createServer({ allowHalfOpen: true }, (client) => accept(client, port));
      servers.set(port, server);
      server.on('error', (error) => {
        if (server.listening) return;
        servers.delete(port);
        say(
          error.code === 'EADDRINUSE'
            ? `Port ${port} is in use in this container. Stop that program, or the other relay.`
            : `Port ${port} cannot be opened (${error.code}).`,
        );
        resolve();
      });
      server.listen(outward ? socketOf(port) : Object.assign({ exclusive: true }, portOf(port)), () => {
        onListening(port);
        resolve();
      });
    });

  const look = () => {
    const ports = portsIn(kubeconfig);
    if (ports === undefined) {
      say(`${kubeconfig} cannot be read. Run k8s-tunnels kubeconfig CLUSTER --container FOLDER again.`);
      return Promise.resolve();
    }
    const opening = ports.filter((port) => !servers.has(port)).map(listen);
    for (const [port, server] of servers)
      if (!ports.includes(port)) {
        server.close();
        servers.delete(port);
      }
    return Promise.all(opening);
  };
  // Not a watch: the changes of a mounted folder are not always reported.
  const timer = setInterval(look, lookEveryMs);
  void look().then(onReady);

  return () => {
    clearInterval(timer);
    for (const server of servers.values()) server.close();
    for (const client of open) client.destroy();
  };
}

/** Ends one side after the other has closed: what it was sent in order still arrives. */
function endOf(socket, isBroken) {
  if (isBroken || socket.connecting) socket.destroy();
  else socket.end();
}

function isFile(name) {
  try {
    return fs.statSync(name).isFile();
  } catch {
    return false;
  }
}

/** Returns the local ports of a kubeconfig as we write it; undefined if it cannot be read. */
function portsIn(file) {
  try {
    const servers = fs.readFileSync(file, 'utf8').matchAll(/^ +server: "?https:\/\/127\.0\.0\.1:(\d+)"?$/gm);
    return [...servers].map(([, port]) => Number(port));
  } catch {
    return undefined;
  }
}

/** Runs a command that has the terminal. Calls `ended` with its exit code as a shell reports it. */
function run([program, ...args], { log, ended }) {
  const child = childProcess.spawn(program, args, { stdio: 'inherit' });
  // A terminal sends Ctrl-C to the command too: it decides what to do.
  process.on('SIGINT', () => {});
  for (const signal of ['SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  child.once('error', (error) => {
    log(
      error.code === 'ENOENT' ? `${program} is not found.` : `${program} cannot be started (${error.code}).`,
    );
    ended(error.code === 'ENOENT' ? 127 : 126);
  });
  child.once('exit', (code, signal) => ended(code === null ? 128 + os.constants.signals[signal] : code));
}

/**
 * Passes connections on until the process ends. With a command, runs it when the ports are open; the process ends with it,
 * with its exit code.
 */
function serve({ folder, host, command = [], log }) {
  const isServing = command.length === 0;
  relay({
    folder,
    host,
    log,
    ...(isServing ? {} : { onListening() {} }),
    onReady: () => isServing || run(command, { log, ended: (code) => process.exit(code) }),
  });
}

/** Reads `[FOLDER] [--host HOST] [-- COMMAND...]`. The folder of this file where there is none. */
function main(all) {
  const end = all.indexOf('--');
  const [args, command] = end < 0 ? [all, []] : [all.slice(0, end), all.slice(end + 1)];
  const at = args.indexOf('--host');
  const host = at < 0 ? undefined : args[at + 1];
  const [folder = __dirname] = at < 0 ? args : [...args.slice(0, at), ...args.slice(at + 2)];
  serve({ folder, host, command, log: (text) => process.stderr.write(`k8s-tunnels: ${text}\n`) });
}

module.exports = { relay, serve };
if (require.main === module) main(process.argv.slice(2));
