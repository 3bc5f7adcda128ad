import { ZodValidationException } from 'nestjs-zod';
import { z } from 'zod';
import { mapSoftly } from '../common/softly';
import { ScheduleBatchDto, scheduleRow } from './dto/schedule-requests.dto';
import { readScheduleCsv } from './schedule-csv';
import type { BatchRow } from './scheduled-calls.service';

const upload = z.strictObject({ file: z.string() });

/**
 * The rows of a batch, each read on its own.
 * @throws ZodValidationException when it is no batch, UnreadableCsv when the file is no table of calls
 */
export async function readBatch(body: unknown): Promise<BatchRow[]> {
  const file = upload.safeParse(body);
  if (file.success) {
    return mapSoftly(await readScheduleCsv(file.data.file), ({ line, request }) => readRow(line, request));
  }
  const batch = ScheduleBatchDto.schema.safeParse(body);
  if (!batch.success) throw new ZodValidationException(batch.error);
  const rows = batch.data.calls.map((request, at) => ({ row: at + 1, request }));
  return mapSoftly(rows, ({ row, request }) => readRow(row, request));
}

function readRow(row: number, request: unknown): BatchRow {
  const read = scheduleRow.safeParse(request);
  if (read.success) return { row, fields: read.data };
  return {
    row,
    detail: read.error.issues.map(({ path, message }) => `${path.join('.')} ${message}`.trim()).join('; '),
  };
}
