import type { Agent } from './agent';

/** Twice what a scenario may have without variables (5,000 characters of persona and of prompt), and then some. */
export const MAX_INSTRUCTIONS_CHARS = 30_000;
/** Sentences that are spoken, each; the carrier takes 4,000 characters of instructions with what is around them. */
export const MAX_SPOKEN_CHARS = 3000;

/** What a carrier takes as one text. */
export const MAX_TEXT_CHARS = 1600;

/** Fills `{{name}}` with the call's variables; a placeholder without a value becomes nothing rather than being read out. */
export function fillIn(text: string, variables: Readonly<Record<string, string>>): string {
  return text.replace(/\{\{\s*([\w.-]{1,64})\s*\}\}/g, (_, name: string) =>
    Object.hasOwn(variables, name) ? (variables[name] as string) : '',
  );
}

/**
 * True when the scenario with its variables is no more than a session and a carrier can take: a variable may stand in a text
 * many times.
 */
export function isSpeakable(agent: Agent, variables: Readonly<Record<string, string>>): boolean {
  const given = Object.entries(variables).reduce((sum, [name, value]) => sum + name.length + value.length, 0);
  const texts = [agent.persona, agent.prompt].map((text) => filledLength(text, variables));
  const spoken = [agent.greeting, agent.voicemailMessage].map((text) => filledLength(text ?? '', variables));
  return (
    [given, ...texts].reduce((sum, length) => sum + length, 0) <= MAX_INSTRUCTIONS_CHARS &&
    spoken.every((length) => length <= MAX_SPOKEN_CHARS) &&
    filledLength(agent.followUpText ?? '', variables) <= MAX_TEXT_CHARS
  );
}

/** Counted without making the text, which could be megabytes. */
function filledLength(text: string, variables: Readonly<Record<string, string>>): number {
  let length = text.length;
  for (const [placeholder, name = ''] of text.matchAll(/\{\{\s*([\w.-]{1,64})\s*\}\}/g)) {
    length += (Object.hasOwn(variables, name) ? (variables[name] as string).length : 0) - placeholder.length;
  }
  return length;
}
