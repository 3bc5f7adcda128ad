import { SetMetadata } from '@nestjs/common';

export const IS_PUBLIC = 'speech-assistant:public';

/** The route needs no access token: it is open, or another proof (a signature, a state, a ticket) is asked for. */
export const Public = () => SetMetadata(IS_PUBLIC, true);
