import { Injectable } from '@nestjs/common';
import { EventEmitter2 } from '@nestjs/event-emitter';

/**
 * Events that a lower room announces and higher rooms listen to. Each event is a class in its room's `*.events.ts`; its
 * static `type` is its name on the bus, so listeners write `@OnEvent(CallEnded.type)`.
 */
export interface DomainEventClass {
  readonly type: string;
}

@Injectable()
export class DomainEvents {
  constructor(private readonly emitter: EventEmitter2) {}

  /** For rooms that listen to a table of events; for one event, `@OnEvent`. @param hear must not throw */
  listen(to: DomainEventClass, hear: (event: object) => void): void {
    this.emitter.on(to.type, hear);
  }

  /** Announces; never waits for listeners and never throws what they throw (Nest logs it). */
  emit(event: object): void {
    this.emitter.emit(typeOf(event), event);
  }

  /**
   * Announces and waits until every listener is done, at most `timeoutMs`: one slow room must not hold up the rest for
   * ever. Never throws what listeners throw (Nest logs it).
   */
  async emitAndWait(event: object, timeoutMs: number): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const timeout = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, timeoutMs);
    });
    try {
      await Promise.race([this.emitter.emitAsync(typeOf(event), event), timeout]);
    } finally {
      clearTimeout(timer);
    }
  }
}

function typeOf(event: object): string {
  return (event.constructor as unknown as DomainEventClass).type;
}
