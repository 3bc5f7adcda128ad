import type { BenchCall } from '../driver/bench-call';

/** What became of the frames of calls, both ways. */
export interface Ledger {
  sent: number;
  lost: number;
  duplicated: number;
  reordered: number;
  /** Never sent, not to this call, or not as they came. */
  unknown: number;
  /** Audio that the model was sent before its session was configured. */
  early: number;
  /** Silence that the relay has put in the place of frames. */
  silence: number;
}

export function ledgerOf(calls: readonly BenchCall[]): Ledger {
  const sum = (of: (call: BenchCall) => number) => calls.reduce((total, call) => total + of(call), 0);
  return {
    sent: sum(({ toModel, toPhone }) => toModel.sent + toPhone.sent),
    lost: sum(({ toModel, toPhone }) => toModel.lost + toPhone.lost),
    duplicated: sum(({ toModel, toPhone }) => toModel.duplicated + toPhone.duplicated),
    reordered: sum(({ toModel, toPhone }) => toModel.reordered + toPhone.reordered),
    unknown: sum(({ toModel, toPhone }) => toModel.unknown + toPhone.unknown),
    early: sum(({ earlyAppends }) => earlyAppends),
    silence: sum(({ silentFrames }) => silentFrames),
  };
}

/** Frames that did not arrive once, in order, as they were. */
export function damageOf({ lost, duplicated, reordered, unknown }: Ledger): number {
  return lost + duplicated + reordered + unknown;
}

export function describeLedger({ sent, lost, duplicated, reordered, unknown, silence }: Ledger): string {
  return `of ${sent}; ${lost} lost, ${duplicated} duplicated, ${reordered} reordered, ${unknown} unknown; ${silence} silent ones put in`;
}

export function sumOf(ledgers: readonly Ledger[]): Ledger {
  const sum = (of: (ledger: Ledger) => number) => ledgers.reduce((total, ledger) => total + of(ledger), 0);
  return {
    sent: sum(({ sent }) => sent),
    lost: sum(({ lost }) => lost),
    duplicated: sum(({ duplicated }) => duplicated),
    reordered: sum(({ reordered }) => reordered),
    unknown: sum(({ unknown }) => unknown),
    early: sum(({ early }) => early),
    silence: sum(({ silence }) => silence),
  };
}

/** Whether the call is carried: it was not refused, and nobody has closed it. */
export function isCarried({ phone }: BenchCall): boolean {
  return phone?.isOpen === true;
}
