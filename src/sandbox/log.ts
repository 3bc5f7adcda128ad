/** Writes one event of the sandbox; a no-op unless SANDBOX_LOG=1. */
export type SandboxLog = (event: string, fields?: Record<string, unknown>) => void;

/** JSON lines on standard error, so that standard output stays free for the one line that says where the sandbox is. */
export function createLog(enabled: boolean): SandboxLog {
  if (!enabled) return () => undefined;
  return (event, fields = {}) => {
    process.stderr.write(`${JSON.stringify({ at: new Date().toISOString(), event, ...fields })}\n`);
  };
}
