import type { IncomingMessage, ServerResponse } from 'node:http';

export interface Forwarded {
  status: number;
  headers: [string, string][];
  body: Buffer;
}

/** Of the connection to the one before us; the next one has its own. */
const NOT_PASSED_ON = new Set(['host', 'connection', 'content-length', 'transfer-encoding', 'keep-alive', 'expect']);

export async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}

/** The same request to another address. @throws TypeError when nobody is there */
export async function forward(origin: string, request: IncomingMessage, body: string): Promise<Forwarded> {
  const headers = Object.entries(request.headers).flatMap(([name, value]): [string, string][] =>
    typeof value === 'string' && !NOT_PASSED_ON.has(name) ? [[name, value]] : [],
  );
  const { method = 'GET', url = '/' } = request;
  const response = await fetch(origin + url, {
    method,
    headers,
    redirect: 'manual',
    body: method === 'GET' ? undefined : body,
  });
  return {
    status: response.status,
    headers: [...response.headers].filter(([name]) => name === 'content-type'),
    body: Buffer.from(await response.arrayBuffer()),
  };
}

export function answerWith(response: ServerResponse, { status, headers, body }: Forwarded): void {
  response.writeHead(status, Object.fromEntries(headers));
  response.end(body);
}
