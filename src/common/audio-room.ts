import { AppError } from './app-error';

export class NoRoomForAudio extends AppError {
  constructor() {
    super('unavailable', 'audio.no_room', 'Too much audio is being worked on right now. Please try again.', {
      retryAfterSeconds: 5,
    });
  }
}

/** What one request has taken of the room. */
export interface AudioPlace {
  /** @throws NoRoomForAudio; what was taken before stays taken until `leave` */
  take(amount: number): void;
  /** Gives back all that was taken, and takes no more; a second time does nothing. */
  leave(): void;
}

/** Room in this process for audio that is being worked on, of all users together; one user has a share of it. Pure. */
export class AudioRoom {
  private used = 0;
  private readonly usedBy = new Map<number, number>();

  constructor(
    private readonly size: number,
    private readonly sizeOfUser: number,
  ) {}

  get inUse(): number {
    return this.used;
  }

  enter(userId: number): AudioPlace {
    let taken = 0;
    let isOver = false;
    return {
      take: (amount) => {
        // Nobody would give it back.
        if (isOver) return;
        const ofUser = (this.usedBy.get(userId) ?? 0) + amount;
        if (this.used + amount > this.size || ofUser > this.sizeOfUser) throw new NoRoomForAudio();
        this.used += amount;
        this.usedBy.set(userId, ofUser);
        taken += amount;
      },
      leave: () => {
        isOver = true;
        const left = (this.usedBy.get(userId) ?? 0) - taken;
        this.used -= taken;
        taken = 0;
        if (left > 0) this.usedBy.set(userId, left);
        else this.usedBy.delete(userId);
      },
    };
  }
}
