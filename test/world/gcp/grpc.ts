import { protos } from '@google-cloud/container';
import grpc from '@grpc/grpc-js';
import type { GoogleAnswer, GoogleFailure } from './answers.ts';
import { type GkeCall, readGkeName } from './clusters.ts';

const { ListClustersRequest, ListClustersResponse, GetClusterRequest, Cluster } = protos.google.container.v1;

interface Message {
  readonly parent?: string | null;
  readonly name?: string | null;
}

/** GKE's `google.container.v1.ClusterManager` over gRPC, its messages from Google's own package. */
export async function startGrpcServer(
  serve: (call: GkeCall, headers: Headers) => Promise<GoogleAnswer>,
): Promise<{ readonly port: number; close(): Promise<void> }> {
  const server = new grpc.Server();
  const handler =
    (operation: GkeCall['operation']): grpc.handleUnaryCall<Message, object> =>
    async (call, callback) => {
      const given = readGkeName(call.request.parent || call.request.name || '');
      const headers = new Headers(
        Object.entries(call.metadata.getMap()).map(
          ([key, value]) => [key, String(value)] as [string, string],
        ),
      );
      if (given === undefined) {
        callback({ code: grpc.status.INVALID_ARGUMENT, details: 'Request contains an invalid argument.' });
        return;
      }
      const answer = await serve({ operation, ...given }, headers);
      if (answer.kind === 'ok') callback(null, answer.body);
      else if (answer.kind === 'failure') callback(statusOf(answer.failure));
      else call.cancelled || callback({ code: grpc.status.UNAVAILABLE, details: 'Connection dropped' });
    };
  const method = (
    name: GkeCall['operation'],
    request: typeof ListClustersRequest | typeof GetClusterRequest,
    response: typeof ListClustersResponse | typeof Cluster,
  ): grpc.MethodDefinition<Message, object> => ({
    path: `/google.container.v1.ClusterManager/${name}`,
    requestStream: false,
    responseStream: false,
    requestDeserialize: (bytes) => request.decode(bytes),
    requestSerialize: (message) => Buffer.from(request.encode(message).finish()),
    responseSerialize: (message) =>
      Buffer.from(response.encode(response.fromObject(message) as never).finish()),
    responseDeserialize: (bytes) => response.decode(bytes),
  });
  server.addService(
    {
      ListClusters: method('ListClusters', ListClustersRequest, ListClustersResponse),
      GetCluster: method('GetCluster', GetClusterRequest, Cluster),
    },
    { ListClusters: handler('ListClusters'), GetCluster: handler('GetCluster') },
  );
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync('127.0.0.1:0', grpc.ServerCredentials.createInsecure(), (error, bound) =>
      error === null ? resolve(bound) : reject(error),
    );
  });
  return {
    port,
    async close() {
      server.forceShutdown();
    },
  };
}

function statusOf({ code, message, details, retryAfterSeconds }: GoogleFailure): Partial<grpc.StatusObject> {
  const metadata = new grpc.Metadata();
  metadata.set('grpc-status-details-bin', encodeStatus({ code, message, details }));
  if (retryAfterSeconds !== undefined) metadata.set('retry-after', String(retryAfterSeconds));
  return { code, details: message, metadata };
}

/** `google.rpc.Status` with its `ErrorInfo`, the one detail whose fields are all texts. */
function encodeStatus({
  code,
  message,
  details,
}: Pick<GoogleFailure, 'code' | 'message' | 'details'>): Buffer {
  const infos = details.filter((detail) => detail['@type'].endsWith('ErrorInfo'));
  return Buffer.concat([
    Buffer.from([1 << 3, code]),
    field(2, Buffer.from(message)),
    ...infos.map((info) => {
      const metadata = Object.entries((info.metadata ?? {}) as Readonly<Record<string, string>>);
      const value = Buffer.concat([
        field(1, Buffer.from(String(info.reason))),
        field(2, Buffer.from(String(info.domain))),
        ...metadata.map(([key, text]) =>
          field(3, Buffer.concat([field(1, Buffer.from(key)), field(2, Buffer.from(text))])),
        ),
      ]);
      return field(3, Buffer.concat([field(1, Buffer.from(info['@type'])), field(2, value)]));
    }),
  ]);
}

/** A length-delimited field. */
function field(number: number, value: Buffer): Buffer {
  const length: number[] = [];
  for (let rest = value.length; ; rest >>>= 7) {
    if (rest < 128) {
      length.push(rest);
      break;
    }
    length.push((rest & 127) | 128);
  }
  return Buffer.concat([Buffer.from([(number << 3) | 2, ...length]), value]);
}
