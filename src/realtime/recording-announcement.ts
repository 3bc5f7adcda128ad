/** Said after the disclosure, in the first words of a call that is recorded. */
export function recordingAnnouncement(): string {
  return 'This call is recorded.';
}
