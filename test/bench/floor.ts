/**
 * The bare floor: what Node and `ws` cost for carrying the same frames, with nothing else done. One server socket and one
 * client socket a call, the payload sliced out of one JSON text and spliced into another.
 */
import type { AddressInfo } from 'node:net';
import { WebSocket, WebSocketServer } from 'ws';

const PAYLOAD_KEY = '"payload":"';
const MEDIA = '{"event":"media"';
const DELTA = '{"type":"response.output_audio.delta"';
const DELTA_KEY = '"delta":"';

const modelUrl = process.env['FLOOR_MODEL_URL'] ?? '';
const server = new WebSocketServer({ host: '127.0.0.1', port: 0, perMessageDeflate: false });

server.on('connection', (carrier) => {
  let model: WebSocket | undefined;
  let isOpen = false;
  let head = '';
  carrier.on('message', (data: Buffer) => {
    const text = data.toString();
    if (isOpen && text.startsWith(MEDIA)) {
      const at = text.indexOf(PAYLOAD_KEY) + PAYLOAD_KEY.length;
      model?.send('{"type":"input_audio_buffer.append","audio":"' + text.slice(at, text.indexOf('"', at)) + '"}');
    } else if (text.startsWith('{"event":"start"')) {
      const { start } = JSON.parse(text) as { start: { streamSid: string; customParameters: { call: string } } };
      head = `{"event":"media","streamSid":"${start.streamSid}","media":{"payload":"`;
      // As the product's: what a trusted peer sends is not checked for UTF-8.
      const options = { perMessageDeflate: false, skipUTF8Validation: true };
      model = new WebSocket(`${modelUrl}?bench_call=${start.customParameters.call}`, options);
      model.on('open', () => (isOpen = true));
      model.on('message', (message: Buffer) => {
        const event = message.toString();
        if (!event.startsWith(DELTA)) return;
        const at = event.indexOf(DELTA_KEY) + DELTA_KEY.length;
        carrier.send(head + event.slice(at, event.length - 2) + '"}}');
      });
      model.on('close', () => carrier.close());
      model.on('error', () => carrier.close());
    }
  });
  carrier.on('close', () => model?.close());
  carrier.on('error', () => model?.close());
});

server.on('listening', () => process.stdout.write(`${JSON.stringify(server.address() as AddressInfo)}\n`));
// An end by signal would leave no CPU profile behind (node --cpu-prof).
process.on('SIGTERM', () => process.exit(0));
