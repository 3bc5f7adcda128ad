import { SetMetadata } from '@nestjs/common';

/** A counter of its own for a group of routes; everything else shares `default`. Limits come from AppConfig.limits. */
export type RateLimitGroup = 'sign-in' | 'register' | 'calls' | 'texts' | 'scenarios' | 'speech' | 'default' | 'none';

export const RATE_LIMIT_GROUP = 'speech-assistant:rate-limit';

export const RateLimit = (group: RateLimitGroup) => SetMetadata(RATE_LIMIT_GROUP, group);
