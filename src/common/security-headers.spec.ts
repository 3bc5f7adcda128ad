import fastifyHelmet from '@fastify/helmet';
import Fastify from 'fastify';
import { securityHeaders } from './security-headers';

/** What every answer of Fastify has. */
const OF_THE_ANSWER = ['content-type', 'content-length', 'date', 'connection'];

/** What helmet sets of its own accord, and the one header for which it is told something else. */
async function headersOfHelmet(isProduction: boolean): Promise<Record<string, unknown>> {
  const server = Fastify();
  await server.register(fastifyHelmet, {
    contentSecurityPolicy: false,
    crossOriginResourcePolicy: { policy: 'cross-origin' },
    hsts: isProduction,
  });
  server.get('/', () => 'hello');
  const { headers } = await server.inject('/');
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !OF_THE_ANSWER.includes(name)));
}

describe.each([false, true])('security headers (production: %s)', (isProduction) => {
  it('are those of helmet, and a policy for content that helmet cannot know', async () => {
    const { 'content-security-policy': policy, ...headers } = securityHeaders({ isProduction });
    expect(headers).toEqual(await headersOfHelmet(isProduction));
    expect(policy).toMatch(/^default-src 'self';.*frame-ancestors 'none';.*script-src 'self';/);
  });
});
