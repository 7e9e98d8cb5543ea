'use strict';
// Passes the connections of programs in a container on to the agent of the computer that runs it. `k8s-tunnels kubeconfig
// --container` puts a copy beside the kubeconfig and the sockets. Must run on any Node from 16 on, without packages.
const fs = require('node:fs');
const net = require('node:net');
const path = require('node:path');

/** How often the kubeconfig is compared with before: the computer writes it again when its tokens have expired. */
const lookEveryMs = 1000;
/** A connection waits this long for an agent that restarts. */
const patienceMs = 10000;
const retryMs = 200;

/**
 * Listens on the ports of 127.0.0.1 that the kubeconfig in `folder` names, and follows it when it changes. A connection
 * leads to the socket of that port in the folder; with `host`, to the same port of that host. Returns a function that
 * closes everything.
 */
function relay({ folder, host, log }) {
  const kubeconfig = path.join(folder, 'kubeconfig');
  const servers = new Map();
  const open = new Set();
  let said;
  const say = (text) => {
    if (text !== said) log(text);
    said = text;
  };

  const targetOf = (port) =>
    host === undefined ? { path: path.join(folder, `${port}.sock`) } : { host, port };

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

  const listen = (port) => {
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
    });
    server.listen({ host: '127.0.0.1', port, exclusive: true }, () => log(`Listening on 127.0.0.1:${port}.`));
  };

  const look = () => {
    const ports = portsIn(kubeconfig);
    if (ports === undefined)
      return say(
        `${kubeconfig} cannot be read. Run k8s-tunnels kubeconfig CLUSTER --container FOLDER again.`,
      );
    for (const port of ports) if (!servers.has(port)) listen(port);
    for (const [port, server] of servers)
      if (!ports.includes(port)) {
        server.close();
        servers.delete(port);
      }
  };
  // Not a watch: the changes of a mounted folder are not always reported.
  const timer = setInterval(look, lookEveryMs);
  look();

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

/** Returns the local ports of a kubeconfig as we write it; undefined if it cannot be read. */
function portsIn(file) {
  try {
    const servers = fs.readFileSync(file, 'utf8').matchAll(/^ +server: https:\/\/127\.0\.0\.1:(\d+)$/gm);
    return [...servers].map(([, port]) => Number(port));
  } catch {
    return undefined;
  }
}

/** Reads `[FOLDER] [--host HOST]`. The folder of this file where there is none. */
function main(args) {
  const at = args.indexOf('--host');
  const host = at < 0 ? undefined : args[at + 1];
  const [folder = __dirname] = at < 0 ? args : [...args.slice(0, at), ...args.slice(at + 2)];
  relay({ folder, host, log: (text) => process.stderr.write(`k8s-tunnels: ${text}\n`) });
}

module.exports = { relay };
if (require.main === module) main(process.argv.slice(2));
