import { AppError } from './app-error';

export class NoRoomForUpload extends AppError {
  constructor() {
    super('unavailable', 'upload.no_room', 'Too much audio is being worked on right now. Please try again.', {
      retryAfterSeconds: 5,
    });
  }
}

/** What one request has taken of the room. */
export interface UploadPlace {
  /** @throws NoRoomForUpload; what was taken before stays taken until `leave` */
  take(bytes: number): void;
  /** Gives back all that was taken; a second time does nothing. */
  leave(): void;
}

/** The memory of this process for files that are being worked on, of all users together; one user has a share of it. Pure. */
export class UploadRoom {
  private used = 0;
  private readonly usedBy = new Map<number, number>();

  constructor(
    private readonly bytes: number,
    private readonly bytesOfUser: number,
  ) {}

  get usedBytes(): number {
    return this.used;
  }

  enter(userId: number): UploadPlace {
    let taken = 0;
    return {
      take: (bytes) => {
        const ofUser = (this.usedBy.get(userId) ?? 0) + bytes;
        if (this.used + bytes > this.bytes || ofUser > this.bytesOfUser) throw new NoRoomForUpload();
        this.used += bytes;
        this.usedBy.set(userId, ofUser);
        taken += bytes;
      },
      leave: () => {
        const left = (this.usedBy.get(userId) ?? 0) - taken;
        this.used -= taken;
        taken = 0;
        if (left > 0) this.usedBy.set(userId, left);
        else this.usedBy.delete(userId);
      },
    };
  }
}
