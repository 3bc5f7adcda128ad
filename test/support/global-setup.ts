import { rehearse } from './rehearsal';
import { SERVER_URL_VARIABLE, startTestServer, TEMPLATE_VARIABLE, type TestServer } from './test-server';

declare global {
  /** Handed from the setup to the teardown, which run in one process. */
  var testServer: TestServer | undefined;
}

export default async function globalSetup(): Promise<void> {
  const [server] = await Promise.all([startTestServer(), rehearse()]);
  globalThis.testServer = server;
  process.env[SERVER_URL_VARIABLE] = server.url;
  process.env[TEMPLATE_VARIABLE] = server.template;
}
