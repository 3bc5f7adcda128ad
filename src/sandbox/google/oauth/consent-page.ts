import { createHash } from 'node:crypto';
import type { Person } from '../people';
import { isOptional, wordsOf } from './scopes';

const STYLE = `
:root { color-scheme: light dark; --line: #c4c7c5; --accent: #0b57d0; --note: #fef7e0; --soft: #f0f4f9; }
@media (prefers-color-scheme: dark) { :root { --line: #5f6368; --accent: #a8c7fa; --note: #3d3620; --soft: #1e1f20; } }
* { box-sizing: border-box; }
body { margin: 0; min-height: 100vh; display: grid; place-items: center; padding: 1rem; background: var(--soft);
  font: 1rem/1.5 system-ui, sans-serif; }
main { width: 100%; max-width: 34rem; background: Canvas; color: CanvasText; border-radius: 1.25rem; padding: 2rem; }
.sandbox { background: var(--note); border-radius: .5rem; padding: .5rem .75rem; margin: 0 0 1.5rem; font-size: .9rem; }
h1 { font-size: 1.5rem; font-weight: 500; margin: 0 0 .25rem; overflow-wrap: anywhere; }
fieldset { border: 1px solid var(--line); border-radius: .75rem; margin: 1.25rem 0; padding: .25rem 1rem .5rem; min-width: 0; }
legend { padding: 0 .4rem; font-weight: 500; }
label { display: flex; gap: .75rem; align-items: flex-start; padding: .5rem 0; }
label small { display: block; opacity: .75; overflow-wrap: anywhere; }
input { margin: .25rem 0 0; width: 1.1rem; height: 1.1rem; flex: none; accent-color: var(--accent); }
.buttons { display: flex; flex-wrap: wrap; gap: .75rem; justify-content: flex-end; }
button { font: inherit; font-weight: 500; border-radius: 2rem; padding: .6rem 1.5rem; border: 1px solid var(--line);
  background: transparent; color: inherit; cursor: pointer; }
button[value=continue] { background: var(--accent); border-color: var(--accent); color: Canvas; }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
code { overflow-wrap: anywhere; }
`;

const STYLE_HASH = createHash('sha256').update(STYLE).digest('base64');

/**
 * What a browser is told with each page. The answer to the form is a redirect to the product, and maybe on from there:
 * browsers hold redirects to `form-action` too, so that it names no single origin.
 */
export const PAGE_HEADERS: Record<string, string> = {
  'content-type': 'text/html; charset=utf-8',
  'content-security-policy': `default-src 'none'; style-src 'sha256-${STYLE_HASH}'; form-action 'self' http: https:; base-uri 'none'; frame-ancestors 'none'`,
  'x-frame-options': 'DENY',
  'x-content-type-options': 'nosniff',
  // Without an origin the form could not be told from one of another site.
  'referrer-policy': 'same-origin',
  'cache-control': 'no-store',
};

export interface ConsentView {
  /** Where the form goes. */
  action: string;
  /** Names the question; can be answered once. */
  consent: string;
  people: readonly Person[];
  chosen: Person;
  scopes: readonly string[];
  offline: boolean;
  /** Who asks: the host that is returned to. */
  client: string;
}

/** The page that asks a person: who they are, what the client may do, continue or cancel. */
export function consentPage({ action, consent, people, chosen, scopes, offline, client }: ConsentView): string {
  const accounts = people.map(
    (person) =>
      `<label><input type="radio" name="account" value="${escape(person.email)}"${person === chosen ? ' checked' : ''} required>` +
      `<span>${escape(person.name)}<small>${escape(person.email)}</small></span></label>`,
  );
  const wishes = scopes.map((scope) => {
    // What goes with signing in cannot be left out; a disabled box sends nothing, and it is granted all the same.
    const optional = isOptional(scope);
    return (
      `<label><input type="checkbox" name="scope" value="${escape(scope)}" checked${optional ? '' : ' disabled'}>` +
      `<span>${escape(wordsOf(scope))}<small>${escape(scope)}</small></span></label>`
    );
  });
  // The first button is what Enter presses.
  return page(
    'Sign in – sandbox of Google',
    `<h1>${escape(client)} wants access to your Google Account</h1>
<form method="post" action="${escape(action)}">
<input type="hidden" name="consent" value="${escape(consent)}">
<fieldset><legend>Choose an account</legend>${accounts.join('\n')}</fieldset>
<fieldset><legend>What ${escape(client)} may do</legend>${wishes.join('\n')}</fieldset>
${offline ? '<p>It may do so while you are not there, until you take it back.</p>' : ''}
<div class="buttons">
<button type="submit" name="decision" value="continue">Continue</button>
<button type="submit" name="decision" value="cancel" formnovalidate>Cancel</button>
</div>
</form>`,
  );
}

/** For what cannot be sent back to anybody. */
export function errorPage(error: string, message: string): string {
  return page(
    'Error – sandbox of Google',
    `<h1>Access blocked: authorization error</h1>
<p>${escape(message)}</p>
<p>Error 400: <code>${escape(error)}</code></p>`,
  );
}

function page(title: string, content: string): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escape(title)}</title>
<style>${STYLE}</style>
</head>
<body>
<main>
<p class="sandbox" role="note"><strong>This is the sandbox, not Google.</strong> The people are made up; no real account is asked.</p>
${content}
</main>
</body>
</html>
`;
}

function escape(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
