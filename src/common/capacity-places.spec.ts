import { CallPlaces } from './capacity-places';

const NOW = 1000;

it('has room without end where there is no limit', () => {
  const places = new CallPlaces(null);
  for (let call = 0; call < 1000; call += 1) places.carry(`call ${call}`);
  expect(places.hasRoom(NOW)).toBe(true);
  expect(places.claim(NOW)).not.toBeNull();
  expect(places.carriedCount).toBe(1000);
});

it('lets no more through at once than there is room for', () => {
  const places = new CallPlaces(2);
  const [first, second, third] = [places.claim(NOW), places.claim(NOW), places.claim(NOW)];
  expect(third).toBeNull();
  first?.();
  first?.();
  expect(places.claim(NOW)).not.toBeNull();
  expect(places.claim(NOW)).toBeNull();
  second?.();
  expect(places.claim(NOW)).not.toBeNull();
});

it('keeps the place of a phone that rings until it is carried, is over, or cannot be picked up any more', () => {
  const places = new CallPlaces(1);
  places.expect('call', NOW + 500);
  expect(places.hasRoom(NOW + 499)).toBe(false);
  expect(places.isExpected('call', NOW + 499)).toBe(true);
  expect(places.hasRoom(NOW + 500)).toBe(true);
  expect(places.isExpected('call', NOW + 500)).toBe(false);

  places.expect('call', NOW + 500);
  places.expect('call', NOW + 100);
  expect(places.isExpected('call', NOW + 300)).toBe(true);
  places.forget('call');
  expect(places.hasRoom(NOW)).toBe(true);

  places.expect('call', NOW + 500);
  const giveBack = places.carry('call');
  expect([places.isCarried('call'), places.isExpected('call', NOW), places.hasRoom(NOW)]).toEqual([true, false, false]);
  places.expect('call', NOW + 500);
  giveBack();
  expect([places.isCarried('call'), places.hasRoom(NOW)]).toEqual([false, true]);
});

it('is not confused by a call that is carried anew before the first conversation has let go', () => {
  const places = new CallPlaces(1);
  const first = places.carry('call');
  const second = places.carry('call');
  first();
  expect(places.carriedCount).toBe(1);
  second();
  second();
  expect(places.carriedCount).toBe(0);
});

it('leaves a part to calls that come in, which may take more than that', () => {
  const places = new CallPlaces(5, 2);
  const claimed = [1, 2, 3].map(() => places.claim(NOW));
  expect(claimed).not.toContain(null);
  expect([places.claim(NOW), places.hasRoom(NOW), places.hasRoomForInbound(NOW)]).toEqual([null, false, true]);
  places.expect('in 1', NOW + 500, true);
  places.expect('in 2', NOW + 500, true);
  expect(places.hasRoomForInbound(NOW)).toBe(false);
  claimed[0]?.();
  // Whoever rings takes what is free; a call that is placed has it back when they are gone.
  expect(places.hasRoomForInbound(NOW)).toBe(true);
  places.expect('in 3', NOW + 500, true);
  expect(places.claim(NOW)).toBeNull();
  const giveBack = places.carry('in 3');
  places.expect('in 3', NOW + 500, true);
  giveBack();
  expect(places.claim(NOW)).not.toBeNull();
  expect(places.claim(NOW)).toBeNull();
  expect(places.hasRoomForInbound(NOW + 500)).toBe(true);
});
