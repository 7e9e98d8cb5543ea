import type { Socket } from 'node:net';
import { type Admission, type AdmissionRules, isTarget, sameSecret, type Target } from './admission.ts';

const headLimit = 16 * 1024;

/**
 * Serves HTTP CONNECT (RFC 9110, 9.3.6) with Basic proxy authentication, for clients whose SOCKS5 supports no password.
 * Refuses everything but CONNECT to the cluster's API.
 */
export async function answerHttpConnect(
  client: Socket,
  rules: AdmissionRules,
): Promise<Admission | undefined> {
  const head = await readHead(client);
  if (head === undefined) return undefined;
  const [requestLine = '', ...lines] = head.split('\r\n');
  const [method, authority = ''] = requestLine.split(' ');
  const asked = parseAuthority(authority);
  if (method !== 'CONNECT' || asked === undefined) {
    client.end(
      plain(
        '405 Method Not Allowed',
        'This port is a proxy to one cluster: only CONNECT is answered.',
        'Allow: CONNECT\r\n',
      ),
    );
    return undefined;
  }
  const { user, password } = rules.credentials;
  const given = lines
    .map((line) => /^proxy-authorization:\s*basic\s+(\S+)\s*$/i.exec(line)?.[1])
    .find((text) => text !== undefined);
  if (given === undefined || !sameSecret(Buffer.from(given, 'base64').toString(), `${user}:${password}`)) {
    if (given === undefined) rules.onNoPassword();
    else await rules.onWrongPassword();
    client.end(
      plain(
        '407 Proxy Authentication Required',
        given === undefined
          ? 'The password of the kubeconfig entry is missing. If this program cannot send it, use another entry form: k8s-tunnels settings entryForm tls'
          : 'User or password is wrong.',
        'Proxy-Authenticate: Basic realm="k8s-tunnels"\r\n',
      ),
    );
    return undefined;
  }
  if (!isTarget(asked, rules.target)) {
    client.end(plain('403 Forbidden', `This port leads to ${rules.target.host}:${rules.target.port} only.`));
    return undefined;
  }
  return {
    accept: () => client.write('HTTP/1.1 200 Connection established\r\n\r\n'),
    refuse: (error) =>
      client.end(
        plain('502 Bad Gateway', error.hint === undefined ? error.message : `${error.message} ${error.hint}`),
      ),
  };
}

function plain(status: string, text: string, headers = ''): string {
  return `HTTP/1.1 ${status}\r\n${headers}Content-Type: text/plain; charset=utf-8\r\nContent-Length: ${Buffer.byteLength(text) + 1}\r\nConnection: close\r\n\r\n${text}\n`;
}

/** Parses `host:port` or `[v6]:port`. */
function parseAuthority(text: string): Target | undefined {
  const match = /^(?:\[([^\]]+)\]|([^:]+)):(\d{1,5})$/.exec(text);
  const host = match?.[1] ?? match?.[2];
  return host === undefined ? undefined : { host, port: Number(match?.[3]) };
}

/**
 * Reads the request up to its empty line. What follows stays in the stream. Resolves with undefined if it is too long
 * or cut off.
 */
function readHead(client: Socket): Promise<string | undefined> {
  return new Promise((resolve) => {
    let bytes = Buffer.alloc(0);
    const finish = (head: string | undefined) => {
      client.off('readable', look);
      client.off('close', cut);
      client.off('end', cut);
      resolve(head);
    };
    const cut = () => finish(undefined);
    const look = () => {
      for (;;) {
        const chunk = client.read() as Buffer | null;
        if (chunk === null) return;
        bytes = Buffer.concat([bytes, chunk]);
        const end = bytes.indexOf('\r\n\r\n');
        if (end >= 0) {
          if (bytes.length > end + 4) client.unshift(bytes.subarray(end + 4));
          finish(bytes.subarray(0, end).toString('latin1'));
          return;
        }
        if (bytes.length > headLimit) {
          client.destroy();
          finish(undefined);
          return;
        }
      }
    };
    client.on('readable', look);
    client.once('close', cut);
    client.once('end', cut);
    look();
  });
}
