import { Places } from './places';

describe('the places', () => {
  it('of one webhook are four, and of one user eight, however slow anybody is', () => {
    const places = new Places();
    for (let taken = 0; taken < 4; taken += 1) {
      expect(places.room(1, 11)).toBe(4 - taken);
      places.take(1, 11);
    }
    expect([places.room(1, 11), places.room(1, 12), places.room(2, 21)]).toEqual([0, 4, 4]);
    expect([places.fullWebhooks, places.fullUsers]).toEqual([[11], []]);
    for (let taken = 0; taken < 3; taken += 1) places.take(1, 12);
    expect([places.room(1, 12), places.room(1, 13)]).toEqual([1, 1]);
    places.take(1, 13);
    expect([places.room(1, 12), places.room(1, 13), places.room(2, 21)]).toEqual([0, 0, 4]);
    expect(places.fullUsers).toEqual([1]);
  });

  it('are there again when they are given back', () => {
    const places = new Places();
    for (let taken = 0; taken < 4; taken += 1) places.take(1, 11);
    places.release(1, 11);
    expect([places.room(1, 11), places.fullWebhooks]).toEqual([1, []]);
  });

  it('of everybody together end somewhere', () => {
    const places = new Places();
    for (let user = 1; user <= 100; user += 1) for (let taken = 0; taken < 4; taken += 1) places.take(user, user);
    expect(places.room(101, 101)).toBe(0);
    places.release(1, 1);
    expect(places.room(101, 101)).toBe(1);
  });
});
