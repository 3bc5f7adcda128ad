import { partOf } from './fields-mask';

const LIST = { kind: 'list', etag: 'e', items: [{ id: 1, start: { date: 'd', zone: 'z' }, title: 't' }] };

it.each<[string, object]>([
  ['kind', { kind: 'list' }],
  ['kind,items(id)', { kind: 'list', items: [{ id: 1 }] }],
  ['items/id', { items: [{ id: 1 }] }],
  ['items(id,start/date),etag', { etag: 'e', items: [{ id: 1, start: { date: 'd' } }] }],
  ['items/start(zone)', { items: [{ start: { zone: 'z' } }] }],
  ['*', LIST],
  ['nothing', {}],
])('%s', (fields, answer) => {
  expect(partOf(LIST, fields)).toEqual(answer);
});

it.each(['', 'items(', 'items(id', 'items(id))', 'a,,b', 'a/'])('“%s” is refused', (fields) => {
  expect(() => partOf(LIST, fields)).toThrow('Invalid field selection');
});
