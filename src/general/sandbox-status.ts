import { Injectable } from '@nestjs/common';

/** Whether the simulated providers answer, as far as whoever has started them knows. */
@Injectable()
export class SandboxStatus {
  private ask: () => boolean = () => true;

  watch(isUp: () => boolean): void {
    this.ask = isUp;
  }

  get isUp(): boolean {
    return this.ask();
  }
}
