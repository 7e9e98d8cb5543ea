// @kubernetes/client-node, in the version that the first argument names. Before 1.0 its calls took parameters in order.
import http from 'node:http';
import net from 'node:net';
import { PassThrough, Writable } from 'node:stream';

const [name] = process.argv.slice(2);
const k8s = await import(name);
const isOld = name.endsWith('-0');

/** The error's own words, its code, and those of its causes. */
function failure(error) {
  const parts = [];
  for (let one = error; one !== undefined && one !== null && parts.length < 6; one = one.cause ?? one.error)
    parts.push([one.name, one.code, one.statusCode, one.message ?? String(one)].filter(Boolean).join(' '));
  return parts.join(' / ').replaceAll(/\s+/g, ' ').slice(0, 2000);
}

// A library that throws outside of its promise fails the operation that runs.
let fail = () => {};
process.on('uncaughtException', (error) => fail(error));
process.on('unhandledRejection', (error) => fail(error));

async function report(operation, run) {
  const { promise: failed, reject } = Promise.withResolvers();
  fail = reject;
  const timer = setTimeout(() => reject(new Error('no answer in time')), 20_000);
  const answer = await Promise.race([failed, run(reject)]).then(
    (value) => ({ operation, value: String(value) }),
    (error) => ({ operation, error: failure(error) }),
  );
  clearTimeout(timer);
  console.log(JSON.stringify(answer));
}

const config = new k8s.KubeConfig();
config.loadFromDefault();
const api = config.makeApiClient(k8s.CoreV1Api);

await report('get', async () =>
  isOld
    ? (await api.readNamespace('default')).body.metadata.name
    : (await api.readNamespace({ name: 'default' })).metadata.name,
);
await report('list', async () =>
  isOld
    ? (await api.listNamespacedConfigMap('bulk')).body.items.length
    : (await api.listNamespacedConfigMap({ namespace: 'bulk' })).items.length,
);
await report(
  'watch',
  (reject) =>
    new Promise((done) => {
      let seen = 0;
      const event = (type) => {
        if (type === 'ADDED') seen += 1;
        if (seen === 5) done('5 events');
      };
      const ended = (error) => reject(error ?? new Error(`the watch ended after ${seen} events`));
      new k8s.Watch(config).watch('/api/v1/namespaces/bulk/configmaps', {}, event, ended).catch(reject);
    }),
);
await report(
  'logs',
  (reject) =>
    new Promise((done) => {
      let text = '';
      const stream = new PassThrough();
      stream.on('data', (chunk) => {
        text += chunk;
        const lines = text.split('\n');
        if (lines.length > 8) done(lines[7]);
      });
      const log = new k8s.Log(config);
      (isOld
        ? log.log('default', 'p', 'c', stream, (error) => error && reject(error), { follow: true })
        : log.log('default', 'p', 'c', stream, { follow: true })
      ).catch(reject);
    }),
);
await report(
  'exec',
  (reject) =>
    new Promise((done) => {
      let text = '';
      const out = new Writable({
        write(chunk, _encoding, next) {
          text += chunk;
          if (text.includes('\n')) done(text.trim());
          next();
        },
      });
      new k8s.Exec(config)
        .exec('default', 'p', 'c', ['echo', 'hello'], out, out, null, false)
        .then((socket) => socket.on?.('error', reject), reject);
    }),
);
await report(
  'port-forward',
  (reject) =>
    new Promise((done) => {
      const forward = new k8s.PortForward(config);
      const server = net.createServer((socket) => {
        forward.portForward('default', 'p', [8080], socket, null, socket).catch(reject);
      });
      server.listen(0, '127.0.0.1', () => {
        http
          .get({ host: '127.0.0.1', port: server.address().port, path: '/x', agent: false }, (response) => {
            response.on('data', (chunk) => done(chunk.toString().trim()));
          })
          .on('error', reject);
      });
    }),
);
process.exit(0);
