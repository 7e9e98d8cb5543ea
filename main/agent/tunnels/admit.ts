import type { Socket } from 'node:net';
import type { Admission, AdmissionRules } from './admission.ts';
import { answerHttpConnect } from './http-connect.ts';
import { answerSocks } from './socks-server.ts';

/** The first byte of a TLS record that begins a handshake (RFC 8446, 5.1). */
const tlsHandshake = 0x16;

/**
 * Detects the protocol from the client's first byte and speaks it. Resolves with undefined if the client was rejected.
 */
export async function admit(
  client: Socket,
  rules: AdmissionRules & { readonly onTls: () => Promise<void> },
): Promise<Admission | undefined> {
  const first = await firstByte(client);
  if (first === undefined) return undefined;
  if (first === tlsHandshake) {
    await rules.onTls();
    client.destroy();
    return undefined;
  }
  return first === 5 ? answerSocks(client, rules) : answerHttpConnect(client, rules);
}

function firstByte(client: Socket): Promise<number | undefined> {
  return new Promise((resolve) => {
    const finish = (byte: number | undefined) => {
      client.off('readable', look).off('end', ended).off('close', ended);
      resolve(byte);
    };
    const ended = () => finish(undefined);
    const look = () => {
      const chunk = client.read() as Buffer | null;
      if (chunk === null) return;
      client.unshift(chunk);
      finish(chunk[0]);
    };
    client.on('readable', look).once('end', ended).once('close', ended);
    look();
  });
}
