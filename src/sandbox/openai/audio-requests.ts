import type { FastifyReply, FastifyRequest } from 'fastify';

/** A request to /v1/audio as the sandbox's control routes show it. */
export interface AudioRequestView {
  path: string;
  at: string;
  /** `abandoned`: whoever asked hung up before the answer was complete. */
  state: 'running' | 'answered' | 'abandoned';
  status: number | null;
  /** What was asked for, as far as it was read; without the file and the text. */
  asked: Record<string, unknown>;
  /** Speech that was sent. */
  audioMs: number;
}

const MAX_REMEMBERED = 200;

/** What was asked of the provider's audio routes, and what became of it. */
export class AudioRequests {
  private readonly views: AudioRequestView[] = [];
  private readonly byRequest = new WeakMap<FastifyRequest, AudioRequestView>();

  note(request: FastifyRequest, { raw }: FastifyReply): void {
    const path = request.url.split('?')[0] ?? '';
    if (!path.startsWith('/v1/audio/')) return;
    const view: AudioRequestView = {
      path,
      at: new Date().toISOString(),
      state: 'running',
      status: null,
      asked: {},
      audioMs: 0,
    };
    this.views.push(view);
    if (this.views.length > MAX_REMEMBERED) this.views.shift();
    this.byRequest.set(request, view);
    raw.once('close', () => {
      view.state = raw.writableFinished ? 'answered' : 'abandoned';
      view.status = raw.headersSent ? raw.statusCode : null;
    });
  }

  of(request: FastifyRequest): AudioRequestView {
    const view = this.byRequest.get(request);
    if (view === undefined) throw new Error('This request was not noted.');
    return view;
  }

  /** Oldest first. */
  all(): AudioRequestView[] {
    return this.views.map((view) => ({ ...view }));
  }
}
