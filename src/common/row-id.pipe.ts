import { Injectable, PipeTransform } from '@nestjs/common';

/** PostgreSQL's integer. */
const MAX_ROW_ID = 2_147_483_647;

/** The id of no row: identities start at 1. */
const NO_ROW = 0;

/**
 * An integer id in a path. What cannot be an id becomes the id of no row, so the room answers with its own 404, the same
 * as for a row that is not there.
 */
@Injectable()
export class RowIdPipe implements PipeTransform<string, number> {
  transform(text: string): number {
    const id = /^[1-9]\d{0,9}$/.test(text) ? Number(text) : NO_ROW;
    return id <= MAX_ROW_ID ? id : NO_ROW;
  }
}
