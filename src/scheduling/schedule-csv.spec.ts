import fc from 'fast-check';
import { readScheduleCsv } from './schedule-csv';
import { UnreadableCsv } from './scheduling.errors';

const HEAD = 'phone_number,scenario,scheduled_time';
const ROW = '+12025550100,sales,2027-01-15T14:00:00Z';

describe('a table of calls', () => {
  it('is rows with the lines that a spreadsheet shows', async () => {
    expect(await readScheduleCsv(`${HEAD}\n${ROW}\n\n${ROW}\n`)).toEqual([
      { line: 2, request: { phone_number: '+12025550100', scenario: 'sales', scheduled_time: '2027-01-15T14:00:00Z' } },
      { line: 4, request: { phone_number: '+12025550100', scenario: 'sales', scheduled_time: '2027-01-15T14:00:00Z' } },
    ]);
  });

  it.each([
    ['a byte order mark and Windows lines', `\uFEFF${HEAD}\r\n${ROW}\r\n`],
    ['semicolons', `${HEAD}\n${ROW}`.replaceAll(',', ';')],
    ['tabs', `${HEAD}\n${ROW}`.replaceAll(',', '\t')],
    ['quotes', `"phone_number","scenario","scheduled_time"\n"+12025550100","sales","2027-01-15T14:00:00Z"`],
    ['capitals and blanks', `Phone_Number , Scenario, SCHEDULED_TIME\n +12025550100 , sales, 2027-01-15T14:00:00Z`],
  ])('may have %s', async (_, text) => {
    const [row] = await readScheduleCsv(text);
    expect(row?.request).toEqual({
      phone_number: '+12025550100',
      scenario: 'sales',
      scheduled_time: '2027-01-15T14:00:00Z',
    });
  });

  it('has columns for everything else, and empty cells say nothing', async () => {
    const [row] = await readScheduleCsv(
      `${HEAD},timezone,record,max_duration_seconds,max_attempts,delay_minutes,retry_on,variables.name,variables.day\n` +
        `${ROW},Europe/Berlin,yes,90,3,15,busy|no_answer,"Doe, Sam",\n`,
    );
    expect(row?.request).toEqual({
      phone_number: '+12025550100',
      scenario: 'sales',
      scheduled_time: '2027-01-15T14:00:00Z',
      timezone: 'Europe/Berlin',
      record: true,
      max_duration_seconds: 90,
      retry: { max_attempts: 3, delay_minutes: 15, on: ['busy', 'no_answer'] },
      variables: { name: 'Doe, Sam' },
    });
  });

  it('leaves what is no number to whoever looks at the row', async () => {
    const [row] = await readScheduleCsv(`${HEAD},max_attempts,record\n${ROW},many,perhaps,surplus`);
    expect(row?.request).toMatchObject({ retry: { max_attempts: 'many' }, record: 'perhaps', 'column 6': 'surplus' });
  });

  it.each([
    ['nothing', '', 'it is empty'],
    ['a head alone', HEAD, 'it has no rows'],
    ['a column too few', `phone_number,scenario\n1,2`, 'it has no column scheduled_time'],
    ['an unknown column', `${HEAD},colour\n${ROW},red`, 'a column that is not known here: colour'],
    ['a column twice', `${HEAD},scenario\n${ROW},sales`, 'the column scenario twice'],
    ['too many rows', `${HEAD}\n${`${ROW}\n`.repeat(1001)}`, 'more than 1000 rows'],
    ['an open quote', `${HEAD}\n"${ROW}`, ''],
  ])('is not %s', async (_, text, said) => {
    await expect(readScheduleCsv(text)).rejects.toThrow(UnreadableCsv);
    await expect(readScheduleCsv(text)).rejects.toThrow(said);
  });

  it('is not read further than it may go', async () => {
    let turns = 0;
    let isOver = false;
    const others = () => {
      turns += 1;
      if (!isOver) setImmediate(others);
    };
    setImmediate(others);
    await expect(readScheduleCsv(`${HEAD}\n${'a\n'.repeat(500_000)}`)).rejects.toThrow('more than 1000 rows');
    isOver = true;
    // A slice of some hundred rows in each turn, and not the thousands of turns that all of it would take.
    expect(turns).toBeLessThan(30);
  });

  it('is read or refused, whatever it is', async () => {
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: 'binary', maxLength: 300 }), async (text) => {
        await readScheduleCsv(`${HEAD}\n${text}`).catch((error: unknown) => {
          expect(error).toBeInstanceOf(UnreadableCsv);
        });
      }),
    );
  });
});
