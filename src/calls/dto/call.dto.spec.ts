import { latencyOf } from './call.dto';

const turns = (...all: (number | null)[]) => all.map((latencyMs) => ({ latencyMs }));

describe('the latency of a call', () => {
  it('is that of the turns that were measured', () => {
    expect(latencyOf(turns(null, 400, 300, null, 900))).toEqual({ turns: 3, p50_ms: 400, p95_ms: 900, max_ms: 900 });
    expect(latencyOf(turns(500))).toEqual({ turns: 1, p50_ms: 500, p95_ms: 500, max_ms: 500 });
    expect(latencyOf(turns(...Array.from({ length: 100 }, (_, at) => 100 - at)))).toEqual({
      turns: 100,
      p50_ms: 50,
      p95_ms: 95,
      max_ms: 100,
    });
  });

  it('is not invented where nothing was measured', () => {
    expect(latencyOf(turns(null))).toEqual({ turns: 0, p50_ms: null, p95_ms: null, max_ms: null });
  });
});
