import { Readable } from 'node:stream';
import type { FastifyReply } from 'fastify';
import { RangeBehindEnd } from './recordings.errors';
import type { Playback } from './recordings.service';

/** Only of a stream does Fastify leave the length as it is in answers to HEAD. */
const nothing = () => Readable.from([]);

/** What a browser's player wants: the whole file or the part that it asks for (RFC 9110, section 15.3.7). @throws RangeBehindEnd */
export function sendPlayback(reply: FastifyReply, { recording, size, part, body }: Playback): FastifyReply {
  if (part === 'none') {
    void reply.header('Content-Range', `bytes */${size}`);
    throw new RangeBehindEnd();
  }
  void reply.headers({
    'Accept-Ranges': 'bytes',
    'Cache-Control': 'private, max-age=3600',
    'Content-Disposition': `inline; filename="${recording.id}.wav"`,
    ETag: `"${recording.sha256 ?? ''}"`,
  });
  void reply.type('audio/wav');
  if (part === null)
    return reply
      .status(200)
      .header('Content-Length', size)
      .send(body ?? nothing());
  return reply
    .status(206)
    .headers({ 'Content-Range': `bytes ${part.from}-${part.to}/${size}`, 'Content-Length': part.to - part.from + 1 })
    .send(body ?? nothing());
}
