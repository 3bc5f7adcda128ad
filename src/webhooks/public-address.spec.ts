import fc from 'fast-check';
import { isPublicAddress } from './public-address';

describe('an address of the internet at large', () => {
  it.each([
    '1.1.1.1',
    '8.8.8.8',
    '9.255.255.255',
    '11.0.0.0',
    '100.63.255.255',
    '100.128.0.0',
    '126.255.255.255',
    '128.0.0.0',
    '169.253.255.255',
    '169.255.0.0',
    '172.15.255.255',
    '172.32.0.0',
    '192.167.255.255',
    '192.169.0.0',
    '198.17.255.255',
    '198.20.0.0',
    '223.255.255.255',
    '2606:4700:4700::1111',
    '2a00:1450:4001:830::200e',
    '2001:4860:4860::8888',
  ])('is %s', (address) => expect(isPublicAddress(address)).toBe(true));

  it.each([
    '0.0.0.0',
    '0.1.2.3',
    '10.0.0.0',
    '10.255.255.255',
    '100.64.0.1',
    '100.127.255.255',
    '100.100.100.200',
    '127.0.0.1',
    '127.255.255.255',
    '169.254.0.1',
    '169.254.169.254',
    '172.16.0.1',
    '172.31.255.255',
    '192.0.0.170',
    '192.0.2.1',
    '192.88.99.1',
    '192.168.0.1',
    '198.18.0.1',
    '198.19.255.255',
    '198.51.100.7',
    '203.0.113.7',
    '224.0.0.1',
    '239.255.255.255',
    '240.0.0.1',
    '255.255.255.255',
    '::',
    '::1',
    '::ffff:127.0.0.1',
    '::ffff:7f00:1',
    '::ffff:10.0.0.1',
    '::ffff:8.8.8.8',
    '::127.0.0.1',
    '64:ff9b::7f00:1',
    '64:ff9b::a00:1',
    '64:ff9b:1::1',
    '100::1',
    'fc00::1',
    'fd00:ec2::254',
    'fdff:ffff::1',
    'fe80::1',
    'fe80::1%eth0',
    '2606:4700:4700::1111%eth0',
    'febf::1',
    'fec0::1',
    'ff02::1',
    '2001::1',
    '2001:2::1',
    '2001:db8::1',
    '2002:7f00:1::1',
    '3fff::1',
    '4000::1',
  ])('is not %s', (address) => expect(isPublicAddress(address)).toBe(false));

  it.each([
    '',
    'localhost',
    'example.com',
    '127.1',
    '0x7f.0.0.1',
    '2130706433',
    '1.2.3.4.5',
    ' 8.8.8.8',
    '[::1]',
    '8.8.8.8:80',
  ])('is not what is no address: %s', (text) => expect(isPublicAddress(text)).toBe(false));

  const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });
  const v6 = (given: Uint8Array) =>
    Array.from({ length: 8 }, (_, at) => ((given[2 * at] ?? 0) * 256 + (given[2 * at + 1] ?? 0)).toString(16)).join(
      ':',
    );

  it('is no one inside a private network, and no IPv4 address within an IPv6 one', () => {
    fc.assert(
      fc.property(bytes(4), ([a = 0, b = 0, c = 0, d = 0]) => {
        const inside = [
          `10.${b}.${c}.${d}`,
          `127.${b}.${c}.${d}`,
          `169.254.${c}.${d}`,
          `172.${16 + (b % 16)}.${c}.${d}`,
          `192.168.${c}.${d}`,
          `100.${64 + (b % 64)}.${c}.${d}`,
          `${224 + (a % 32)}.${b}.${c}.${d}`,
          `::ffff:${a}.${b}.${c}.${d}`,
          `::${a}.${b}.${c}.${d}`,
          `64:ff9b::${a}.${b}.${c}.${d}`,
        ];
        expect(inside.filter(isPublicAddress)).toEqual([]);
      }),
    );
  });

  it('begins with 2 or 3 where it is IPv6', () => {
    fc.assert(
      fc.property(bytes(16), (given) => {
        const isGlobal = (given[0] ?? 0) >> 5 === 1;
        if (isPublicAddress(v6(given))) expect(isGlobal).toBe(true);
      }),
    );
  });
});
