import { AudioLinks } from './audio-links';

const NOW = new Date('2026-12-01T10:00:00Z');
const links = new AudioLinks({ secretKey: 'a secret of these specs', publicUrl: 'https://voice.example.com' });

function parts(link: string) {
  const url = new URL(link);
  return {
    id: url.pathname.split('/')[2] ?? '',
    expires: url.searchParams.get('expires') ?? '',
    signature: url.searchParams.get('signature') ?? '',
  };
}

describe('a link to audio', () => {
  const good = parts(links.linkTo('recordings', 'r-1', NOW));
  const after = (hours: number) => new Date(NOW.getTime() + hours * 3_600_000);

  it('opens what it names until it is over', () => {
    expect(links.isValid('recordings', good, NOW)).toBe(true);
    expect(links.isValid('recordings', good, after(2.9))).toBe(true);
    expect(links.isValid('recordings', good, after(3.5))).toBe(false);
    expect(links.linkTo('recordings', 'r-1', NOW)).toBe(
      links.linkTo('recordings', 'r-1', new Date(NOW.getTime() + 60_000)),
    );
  });

  it.each([
    ['another recording', { id: 'r-2' }],
    ['a later end', { expires: String(Number(good.expires) + 1) }],
    ['no number', { expires: 'never' }],
    ['no signature', { signature: '' }],
    ['a changed signature', { signature: good.signature.replace(/.$/, (end) => (end === 'A' ? 'B' : 'A')) }],
  ])('does not open with %s', (_, change) => {
    expect(links.isValid('recordings', { ...good, ...change }, NOW)).toBe(false);
  });

  it('of another server does not open here', () => {
    const other = new AudioLinks({ secretKey: 'another', publicUrl: 'https://voice.example.com' });
    expect(links.isValid('recordings', parts(other.linkTo('recordings', 'r-1', NOW)), NOW)).toBe(false);
  });
});
