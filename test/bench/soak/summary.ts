import type { Check } from './checks';
import type { SoakFigures } from './figures';

/** What a person reads. */
export function summaryOf(figures: SoakFigures, checks: readonly Check[]): string {
  const { options, calls, modelSocketsCut, loopDelayMs, gc, frames, memory } = figures;
  const { latencyMs } = frames;
  const ms = (value: number): string => `${value.toFixed(1)} ms`;
  const missed = checks.filter(({ isMet }) => !isMet).length;
  return [
    `Soak: ${options.minutes} minutes, ${options.calls} calls at once (${options.phones}), ` +
      `${options.faults ? `${modelSocketsCut} model sockets cut` : 'no faults'}; ${calls.over} calls, ` +
      `${frames.carried} frames`,
    `  event loop  p50 ${ms(loopDelayMs.p50)}, p99 ${ms(loopDelayMs.p99)} (worst stretch ${ms(loopDelayMs.worstP99)}), ` +
      `longest ${ms(loopDelayMs.max)}`,
    `  collector   ${gc.pauses} pauses, longest ${ms(gc.longestMs)}; ${gc.majors} of the whole heap, ` +
      `longest ${ms(gc.longestMajorMs)}`,
    ...(latencyMs === null
      ? []
      : [
          `  frames      p50 ${ms(latencyMs.p50)}, p99 ${ms(latencyMs.p99)}, p99.9 ${ms(latencyMs.p999)} ` +
            '(the pauses in which the bench reads memory are in it)',
        ]),
    `  rss         ${memory.rssAtRestKb.before.toFixed(0)} KB at rest before, ${memory.rssAtRestKb.after.toFixed(0)} after`,
    ...checks.map(lineOf),
    missed === 0 ? 'Every check is met.' : `${missed} of ${checks.length} checks are MISSED.`,
  ].join('\n');
}

function lineOf({ what, isMet, detail }: Check): string {
  const [first = '', ...more] = detail.split('\n');
  const line = `  ${isMet ? 'met   ' : 'MISSED'}  ${what}${first === '' ? '' : `: ${first}`}`;
  return [line, ...more.map((one) => `            ${one}`)].join('\n');
}
