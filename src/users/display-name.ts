import type { User } from './user.entity';

/** On whose behalf an agent speaks. */
export function displayNameOf({ name, email }: Pick<User, 'name' | 'email'>): string {
  return name ?? email.split('@')[0] ?? email;
}
