const MAX_MESSAGE = 500;

/** What somebody sees who has connected a calendar on a server without a front end of its own. */
export function connectionPage({
  isConnected,
  message,
}: {
  isConnected: boolean;
  message: string | undefined;
}): string {
  const title = isConnected ? 'Your Google Calendar is connected' : 'Your Google Calendar was not connected';
  const sentence = isConnected
    ? 'You can close this page. GET /google-calendar/events lists what is coming up.'
    : (message?.slice(0, MAX_MESSAGE) ?? 'Start again with GET /google-calendar/auth.');
  return `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>${title}</title>
<style>
:root { color-scheme: light dark; }
body { margin: 0; min-height: 100vh; display: grid; place-items: center; font: 1rem/1.5 system-ui, sans-serif; }
main { max-width: 34rem; padding: 2rem; overflow-wrap: anywhere; }
h1 { font-size: 1.5rem; font-weight: 500; }
</style></head>
<body>
<main>
<h1>${title}</h1>
<p>${escaped(sentence)}</p>
</main>
</body>
</html>
`;
}

function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
