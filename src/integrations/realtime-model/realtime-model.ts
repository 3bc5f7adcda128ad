import type { ModelDialler, ModelListener } from '../../media/sockets';

/**
 * A speech-to-speech model behind a WebSocket that speaks the OpenAI Realtime protocol (media/openai-events.ts is its
 * codec). One connection is one session; a call has one at a time, and another when that one is lost.
 */
export abstract class RealtimeModel implements ModelDialler {
  abstract open(listener: ModelListener): void;
}
