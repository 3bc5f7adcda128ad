import { createZodDto } from 'nestjs-zod';
import { z } from 'zod';
import { storableText } from '../../common/text';

/** RFC 5321: an address has at most 254 characters. */
const MAX_EMAIL = 254;

const MIN_PASSWORD = 8;

/** Bounds the work of hashing; a passphrase fits. */
const MAX_PASSWORD = 256;

const email = z
  .string()
  .trim()
  .max(MAX_EMAIL)
  .pipe(z.email({ error: 'must be an e-mail address' }));

const registerSchema = z
  .strictObject({
    email: email.meta({ type: 'string', format: 'email', maxLength: MAX_EMAIL }),
    password: storableText(MIN_PASSWORD, MAX_PASSWORD),
  })
  .meta({ example: { email: 'user@example.com', password: 'correct horse battery' } });

export class RegisterDto extends createZodDto(registerSchema) {}

const passwordOfSignIn = storableText(1, MAX_PASSWORD);

const loginSchema = z
  .strictObject({ email: z.string().trim().min(1).max(MAX_EMAIL), password: passwordOfSignIn })
  .meta({ example: { email: 'user@example.com', password: 'correct horse battery' } });

export class LoginDto extends createZodDto(loginSchema) {}

/** The form of an OAuth 2 password grant (RFC 6749 section 4.3.2), which Swagger UI's Authorize sends. */
const loginFormSchema = z
  .object({
    grant_type: z.string().optional(),
    username: z.string().trim().min(1).max(MAX_EMAIL).describe('The e-mail address'),
    password: passwordOfSignIn,
  })
  .meta({ example: { grant_type: 'password', username: 'user@example.com', password: 'correct horse battery' } });

export class LoginFormDto extends createZodDto(loginFormSchema) {}

/** Either shape of a sign-in. */
export function readCredentials(body: unknown): { email: string; password: string } {
  if (typeof body === 'object' && body !== null && 'username' in body && !('email' in body)) {
    const { username, password } = loginFormSchema.parse(body);
    return { email: username, password };
  }
  return loginSchema.parse(body);
}

const refreshSchema = z
  .strictObject({ refresh_token: z.string().min(1).max(512) })
  .meta({ example: { refresh_token: 'p1bD3c0mQn7mJ0mB5l4X1zv4nWm8cU0hXq2tq6m8H2E' } });

export class RefreshDto extends createZodDto(refreshSchema) {}
