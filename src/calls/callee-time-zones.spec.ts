import { calleeTimeZones } from './callee-time-zones';

describe('where the owner of a number may be', () => {
  it.each([
    ['+12025550100', 'US', ['America/New_York']],
    ['+14155550100', 'US', ['America/Los_Angeles']],
    ['+16025550100', 'US', ['America/Phoenix']],
    ['+18085550100', 'US', ['Pacific/Honolulu']],
    ['+19075550100', 'US', ['America/Anchorage', 'America/Adak']],
    ['+18505550100', 'US', ['America/New_York', 'America/Chicago']],
    ['+14165550100', 'CA', ['America/New_York']],
    ['+17095550100', 'CA', ['America/St_Johns', 'America/Halifax']],
    ['+442071838750', 'GB', ['Europe/London']],
  ])('%s: %s', (e164, country, zones) => {
    expect(calleeTimeZones(e164, country)).toEqual(zones);
  });

  it('is anywhere in North America for a toll-free number or an area code that is not known', () => {
    for (const e164 of ['+18005550100', '+19995550100']) {
      expect(calleeTimeZones(e164, 'US')).toEqual(expect.arrayContaining(['America/St_Johns', 'Pacific/Honolulu']));
    }
  });

  it('is every zone of a large country', () => {
    expect(calleeTimeZones('+61291234567', 'AU').length).toBeGreaterThan(3);
  });

  it('only names zones that exist', () => {
    for (let area = 200; area <= 999; area += 1) {
      for (const timeZone of calleeTimeZones(`+1${area}5550100`, 'US')) {
        expect(() => new Intl.DateTimeFormat('en', { timeZone })).not.toThrow();
      }
    }
    expect(calleeTimeZones('+80012345678', undefined)).toEqual(['UTC']);
  });
});
