import fc from 'fast-check';
import { NoRoomForAudio, AudioRoom } from './audio-room';

it('refuses what does not fit, for one user and for all, and has room again when somebody leaves', () => {
  const room = new AudioRoom(100, 50);
  const [one, two, three] = [room.enter(1), room.enter(2), room.enter(3)];
  one.take(50);
  expect(() => one.take(1)).toThrow(NoRoomForAudio);
  expect(() => room.enter(1).take(1)).toThrow(NoRoomForAudio);
  two.take(49);
  three.take(1);
  expect(() => three.take(1)).toThrow(NoRoomForAudio);
  one.leave();
  one.leave();
  // What was under way when it ended.
  one.take(50);
  three.take(1);
  expect(room.inUse).toBe(51);
});

it('never gives more than there is, and is empty when all have left', () => {
  const step = fc.record({ user: fc.integer({ min: 1, max: 4 }), bytes: fc.nat(40), leaves: fc.boolean() });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const room = new AudioRoom(100, 60);
      const places = [];
      for (const { user, bytes, leaves } of steps) {
        const place = room.enter(user);
        places.push(place);
        try {
          place.take(bytes);
        } catch (error) {
          expect(error).toBeInstanceOf(NoRoomForAudio);
        }
        expect(room.inUse).toBeLessThanOrEqual(100);
        if (leaves) place.leave();
      }
      for (const place of places) place.leave();
      expect(room.inUse).toBe(0);
    }),
  );
});
