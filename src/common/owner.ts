import { createParamDecorator, ExecutionContext } from '@nestjs/common';
import { NotAuthenticated } from './app-error';

/** Who is asking: the user whose rows may be seen. Always the first argument of a service method. */
export interface Owner {
  readonly userId: number;
}

/** The signed-in user of this request, put there by the JWT guard. */
export const CurrentOwner = createParamDecorator((_: unknown, context: ExecutionContext): Owner => {
  const { user } = context.switchToHttp().getRequest<{ user?: Owner }>();
  if (user === undefined) throw new NotAuthenticated();
  return user;
});
