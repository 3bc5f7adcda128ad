import { createHash, randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { FaultBox } from '../faults';
import { sha256, signatureProblem } from './sigv4';

export interface StoreContext {
  bucket: string;
  accessKeyId: string;
  secretAccessKey: string;
  faults: FaultBox;
}

interface StoredObject {
  body: Buffer;
  type: string;
  etag: string;
  modified: Date;
}

const SLOW_MS = 3000;
const MAX_BODY_BYTES = 32 * 1024 * 1024;
/** All parts but the last. */
const MIN_PART_BYTES = 5 * 1024 * 1024;
const UNSIGNED = 'UNSIGNED-PAYLOAD';
const MESSAGES: Readonly<Record<string, [status: number, message: string]>> = {
  AccessDenied: [403, 'Access Denied'],
  InvalidAccessKeyId: [403, 'The AWS Access Key Id you provided does not exist in our records.'],
  SignatureDoesNotMatch: [403, 'The request signature we calculated does not match the signature you provided.'],
  XAmzContentSHA256Mismatch: [400, 'The provided x-amz-content-sha256 header does not match what was computed.'],
  NoSuchBucket: [404, 'The specified bucket does not exist'],
  NoSuchKey: [404, 'The specified key does not exist.'],
  NoSuchUpload: [404, 'The specified upload does not exist.'],
  InvalidPart: [400, 'One or more of the specified parts could not be found.'],
  EntityTooSmall: [400, 'Your proposed upload is smaller than the minimum allowed size'],
  InvalidRange: [416, 'The requested range is not satisfiable'],
  InternalError: [500, 'We encountered an internal error. Please try again.'],
  SlowDown: [503, 'Please reduce your request rate.'],
  MethodNotAllowed: [405, 'The specified method is not allowed against this resource.'],
};

class S3Refusal extends Error {
  constructor(readonly code: string) {
    super(code);
  }
}

type ObjectRequest = FastifyRequest<{
  Params: { bucket: string; '*': string };
  Querystring: Record<string, string | undefined>;
}>;

/**
 * A store of files that speaks S3 below /s3, the bucket in the path: put, in parts as well, get with a range, head, delete
 * (https://docs.aws.amazon.com/AmazonS3/latest/API/API_Operations_Amazon_Simple_Storage_Service.html). It keeps them in memory.
 */
export class ObjectStore {
  private readonly objects = new Map<string, StoredObject>();
  private readonly uploads = new Map<string, { key: string; type: string; parts: Map<number, Buffer> }>();

  constructor(private readonly context: StoreContext) {}

  /** What is kept, without its content. */
  list(): { key: string; size: number; sha256: string; content_type: string }[] {
    return [...this.objects].map(([key, { body, type }]) => ({
      key,
      size: body.length,
      sha256: sha256(body),
      content_type: type,
    }));
  }

  /** How many uploads were begun and neither completed nor taken back. */
  get openUploads(): number {
    return this.uploads.size;
  }

  register(app: FastifyInstance): void {
    void app.register(
      (scope, _options, done) => {
        const answersToLose = new WeakSet<FastifyRequest>();
        scope.removeAllContentTypeParsers();
        scope.addContentTypeParser('*', { parseAs: 'buffer', bodyLimit: MAX_BODY_BYTES }, (_request, body, parsed) =>
          parsed(null, body),
        );
        scope.addHook('preHandler', async (request, reply) => {
          if (await this.strike(request, reply)) answersToLose.add(request);
          if (!reply.sent) this.authenticate(request as ObjectRequest);
        });
        scope.addHook('onSend', (request, reply, _payload, next) => {
          if (answersToLose.has(request)) {
            reply.hijack();
            request.raw.socket.destroy();
            return;
          }
          reply.header('x-amz-request-id', randomUUID());
          next();
        });
        scope.setErrorHandler((error, request, reply) => refuse(error, request, reply));
        const path = '/:bucket/*';
        scope.put(path, (request: ObjectRequest, reply) => this.put(request, reply));
        scope.post(path, (request: ObjectRequest, reply) => this.post(request, reply));
        scope.get(path, { exposeHeadRoute: false }, (request: ObjectRequest, reply) => this.get(request, reply));
        scope.head(path, (request: ObjectRequest, reply) => this.head(request, reply));
        scope.delete(path, (request: ObjectRequest, reply) => this.delete(request, reply));
        done();
      },
      { prefix: '/s3' },
    );
  }

  private put(request: ObjectRequest, reply: FastifyReply): FastifyReply {
    const key = request.params['*'];
    const body = bodyOf(request);
    const { partNumber, uploadId } = request.query;
    if (uploadId !== undefined) {
      this.upload(uploadId, key).parts.set(Number(partNumber), body);
      return reply.header('etag', md5(body)).send();
    }
    const object = this.keep(key, body, request.headers['content-type']);
    return reply.header('etag', object.etag).send();
  }

  /** Begins an upload in parts, or puts the parts together. */
  private post(request: ObjectRequest, reply: FastifyReply): FastifyReply {
    const { bucket, '*': key } = request.params;
    const { uploads, uploadId } = request.query;
    if (uploads !== undefined) {
      const id = randomUUID();
      this.uploads.set(id, { key, type: request.headers['content-type'] ?? '', parts: new Map() });
      return xml(
        reply,
        `<InitiateMultipartUploadResult><Bucket>${bucket}</Bucket><Key>${key}</Key><UploadId>${id}</UploadId></InitiateMultipartUploadResult>`,
      );
    }
    if (uploadId === undefined) throw new S3Refusal('MethodNotAllowed');
    const upload = this.upload(uploadId, key);
    const order = [
      ...bodyOf(request)
        .toString()
        .matchAll(/<PartNumber>(\d+)<\/PartNumber>/g),
    ].map(([, at]) => Number(at));
    const parts = order.map((at) => upload.parts.get(at));
    if (parts.length === 0 || parts.some((part) => part === undefined)) throw new S3Refusal('InvalidPart');
    const whole = parts.filter((part) => part !== undefined);
    if (whole.slice(0, -1).some(({ length }) => length < MIN_PART_BYTES)) throw new S3Refusal('EntityTooSmall');
    this.uploads.delete(uploadId);
    const { etag } = this.keep(key, Buffer.concat(whole), upload.type);
    return xml(
      reply,
      `<CompleteMultipartUploadResult><Bucket>${bucket}</Bucket><Key>${key}</Key><ETag>${etag}</ETag></CompleteMultipartUploadResult>`,
    );
  }

  private get(request: ObjectRequest, reply: FastifyReply): FastifyReply {
    const object = this.find(request.params['*']);
    void describe(reply, object);
    const { range } = request.headers;
    const match = /^bytes=(\d+)-(\d*)$/.exec(range ?? '');
    if (match === null) return reply.send(object.body);
    const size = object.body.length;
    const from = Number(match[1]);
    const to = Math.min(match[2] === '' ? size - 1 : Number(match[2]), size - 1);
    if (from > to) throw new S3Refusal('InvalidRange');
    return reply
      .status(206)
      .header('content-range', `bytes ${from}-${to}/${size}`)
      .send(object.body.subarray(from, to + 1));
  }

  private head(request: ObjectRequest, reply: FastifyReply): FastifyReply {
    const object = this.find(request.params['*']);
    return describe(reply, object).header('content-length', object.body.length).send();
  }

  private delete(request: ObjectRequest, reply: FastifyReply): FastifyReply {
    const { uploadId } = request.query;
    if (uploadId === undefined) this.objects.delete(request.params['*']);
    else {
      this.upload(uploadId, request.params['*']);
      this.uploads.delete(uploadId);
    }
    return reply.status(204).send();
  }

  private keep(key: string, body: Buffer, type = 'binary/octet-stream'): StoredObject {
    const object = { body, type, etag: md5(body), modified: new Date() };
    this.objects.set(key, object);
    return object;
  }

  private find(key: string): StoredObject {
    const object = this.objects.get(key);
    if (object === undefined) throw new S3Refusal('NoSuchKey');
    return object;
  }

  private upload(uploadId: string, key: string) {
    const upload = this.uploads.get(uploadId);
    if (upload?.key !== key) throw new S3Refusal('NoSuchUpload');
    return upload;
  }

  private authenticate(request: ObjectRequest): void {
    const { method, url, headers } = request;
    const problem = signatureProblem({ method, url, headers }, this.context);
    if (problem !== null) throw new S3Refusal(problem);
    const promised = headers['x-amz-content-sha256'];
    if (promised !== UNSIGNED && promised !== sha256(bodyOf(request))) throw new S3Refusal('XAmzContentSHA256Mismatch');
    if (request.params.bucket !== this.context.bucket) throw new S3Refusal('NoSuchBucket');
  }

  /** Says whether the answer is to be lost: what was asked is done. */
  private async strike(request: FastifyRequest, reply: FastifyReply): Promise<boolean> {
    const { faults } = this.context;
    if (faults.isEmpty) return false;
    if (faults.take('storage', 'http_500')) throw new S3Refusal('InternalError');
    if (faults.take('storage', 'http_503')) throw new S3Refusal('SlowDown');
    if (faults.take('storage', 'http_403')) throw new S3Refusal('AccessDenied');
    const slow = faults.take('storage', 'slow');
    if (slow) await delay(slow.afterMs ?? SLOW_MS);
    if (faults.take('storage', 'drop_socket')) {
      reply.hijack();
      request.raw.socket.destroy();
      return false;
    }
    if (faults.take('storage', 'timeout')) {
      reply.hijack();
      return false;
    }
    return request.method !== 'GET' && request.method !== 'HEAD' && faults.take('storage', 'lose_answer') !== undefined;
  }
}

function bodyOf({ body }: FastifyRequest): Buffer {
  return Buffer.isBuffer(body) ? body : Buffer.alloc(0);
}

function describe(reply: FastifyReply, { type, etag, modified }: StoredObject): FastifyReply {
  return reply.headers({
    'accept-ranges': 'bytes',
    'content-type': type,
    etag,
    'last-modified': modified.toUTCString(),
  });
}

function xml(reply: FastifyReply, content: string): FastifyReply {
  return reply.type('application/xml').send(`<?xml version="1.0" encoding="UTF-8"?>\n${content}`);
}

function refuse(error: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const code = error instanceof S3Refusal ? error.code : 'InternalError';
  const [status, message] = MESSAGES[code] ?? [500, 'We encountered an internal error. Please try again.'];
  // Nothing stands in the answer to a HEAD.
  if (request.method === 'HEAD') return reply.status(status).send();
  return xml(reply.status(status), `<Error><Code>${code}</Code><Message>${message}</Message></Error>`);
}

function md5(body: Buffer): string {
  return `"${createHash('md5').update(body).digest('hex')}"`;
}
