import { AppError } from '../common/app-error';
import { BUILT_IN_NAMES } from './built-in-scenarios';
import { VOICE_TYPE_NAMES } from './voices';

/** Clients show these sentences as they are (product.md section 2). */
export class InvalidScenario extends AppError {
  constructor() {
    super('invalid', 'scenario.invalid', `Invalid scenario. Must be one of: ${BUILT_IN_NAMES.join(', ')}`);
  }
}

/** Not there, or somebody else's: the answer does not tell. */
export class CustomScenarioNotFound extends AppError {
  constructor() {
    super('not-found', 'scenario.not_found', 'Custom scenario not found');
  }
}

export class InvalidVoiceType extends AppError {
  constructor() {
    super('invalid', 'scenario.invalid_voice_type', `Voice type must be one of: ${VOICE_TYPE_NAMES.join(', ')}`);
  }
}

export class TooManyScenarios extends AppError {
  constructor(limit: number) {
    super('invalid', 'scenario.limit_reached', `You have reached the maximum limit of ${limit} custom scenarios`);
  }
}
