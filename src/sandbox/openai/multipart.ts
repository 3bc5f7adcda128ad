/** One part of a multipart/form-data body (RFC 7578). */
export interface FormPart {
  name: string;
  filename: string | null;
  content: Buffer;
}

/** The parts of a form, or undefined when the body is not one. */
export function formParts(contentType: string, body: Buffer): FormPart[] | undefined {
  const boundary = /boundary=(?:"([^"]+)"|([^;\s]+))/i.exec(contentType);
  const mark = boundary?.[1] ?? boundary?.[2];
  if (mark === undefined) return undefined;
  const delimiter = Buffer.from(`--${mark}`);
  const parts: FormPart[] = [];
  let at = body.indexOf(delimiter);
  while (at >= 0) {
    const start = at + delimiter.length;
    if (body.toString('latin1', start, start + 2) === '--') return parts;
    const headEnd = body.indexOf('\r\n\r\n', start);
    const next = body.indexOf(Buffer.concat([Buffer.from('\r\n'), delimiter]), headEnd);
    if (headEnd < 0 || next < 0) return undefined;
    const part = partOf(body.toString('utf8', start, headEnd), body.subarray(headEnd + 4, next));
    if (part) parts.push(part);
    at = next + 2;
  }
  return undefined;
}

function partOf(head: string, content: Buffer): FormPart | undefined {
  const name = /[;\s]name="([^"]*)"/i.exec(head)?.[1];
  if (name === undefined) return undefined;
  return { name, filename: /[;\s]filename="([^"]*)"/i.exec(head)?.[1] ?? null, content };
}
