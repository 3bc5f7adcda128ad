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
    turns: records.filter((record) => isCarriedOut(record, records)).flatMap(turnOf),
    tools: (request.tools ?? config.tools).map((tool) => ({
      name: tool.name,
      description: tool.description ?? '',
      parameters: tool.parameters ?? {},
    })),
    toolChoice: request.tool_choice ?? config.tool_choice,
  };
}

/** A call that was cut off while it was being written is nobody's to carry out, unless it has a result all the same. */
function isCarriedOut({ item }: ItemRecord, records: readonly ItemRecord[]): boolean {
  if (item.type !== 'function_call' || item.status !== 'incomplete') return true;
  return records.some((other) => other.item.type === 'function_call_output' && other.item.call_id === item.call_id);
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
