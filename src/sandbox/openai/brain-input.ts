import type { BrainInput, BrainTurn } from './brain/brain.port';
import type { ResponseRequest } from './client-events';
import type { ItemRecord } from './conversation';
import type { SessionConfig } from './session-config';

/** What the model gets to think about for one response. */
export function brainInput(
  config: SessionConfig,
  request: ResponseRequest,
  records: readonly ItemRecord[],
): BrainInput {
  return {
    sessionInstructions: config.instructions,
    responseInstructions: request.instructions ?? '',
    turns: records.flatMap(turnOf),
    tools: (request.tools ?? config.tools).map((tool) => ({
      name: tool.name,
      description: tool.description ?? '',
      parameters: tool.parameters ?? {},
    })),
    toolChoice: request.tool_choice ?? config.tool_choice,
  };
}

function turnOf({ item, knownText }: ItemRecord): BrainTurn[] {
  if (item.type === 'function_call') {
    return [{ role: 'call', name: item.name ?? '', callId: item.call_id ?? '', arguments: item.arguments ?? '' }];
  }
  if (item.type === 'function_call_output') {
    return [{ role: 'result', callId: item.call_id ?? '', output: item.output ?? '' }];
  }
  return item.role ? [{ role: item.role, text: knownText }] : [];
}
