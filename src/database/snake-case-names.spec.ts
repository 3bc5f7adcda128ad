import { SnakeCaseNames, snakeCase } from './snake-case-names';

describe('snake_case names', () => {
  it.each([
    ['userId', 'user_id'],
    ['smsURL', 'sms_url'],
    ['URLOfAudio', 'url_of_audio'],
    ['sha256Hash', 'sha256_hash'],
    ['id', 'id'],
  ])('%s becomes %s', (property, column) => {
    expect(snakeCase(property)).toBe(column);
  });

  it('leaves names that were given by hand alone', () => {
    const names = new SnakeCaseNames();
    expect(names.tableName('DialAttempt', 'dial_ledger')).toBe('dial_ledger');
    expect(names.columnName('callSid', 'SID', [])).toBe('SID');
  });

  it('names the columns of embedded objects and relations after both', () => {
    const names = new SnakeCaseNames();
    expect(names.columnName('totalCents', undefined, ['callCost'])).toBe('call_cost_total_cents');
    expect(names.joinColumnName('placedBy', 'id')).toBe('placed_by_id');
  });

  it('calls keys and indexes what PostgreSQL would', () => {
    const names = new SnakeCaseNames();
    expect(names.primaryKeyName('calls')).toBe('calls_pkey');
    expect(names.foreignKeyName('public.calls', ['user_id'])).toBe('calls_user_id_fkey');
    expect(names.uniqueConstraintName('users', ['email'])).toBe('users_email_key');
    expect(names.indexName('calls', ['user_id', 'created_at'])).toBe('calls_user_id_created_at_idx');
  });
});
