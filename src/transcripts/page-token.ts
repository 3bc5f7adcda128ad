import { AppError } from '../common/app-error';

/** The last row of a page: the next one begins behind it, whatever has been added or deleted meanwhile. */
export interface PagePlace {
  at: Date;
  id: number;
}

const PLACE = /^(\d{1,16})\.(\d{1,10})$/;

export function pageToken({ at, id }: PagePlace): string {
  return Buffer.from(`${at.getTime()}.${id}`).toString('base64url');
}

/** @throws AppError (400) when it was not made by `pageToken` */
export function placeOf(token: string): PagePlace {
  const [, at, id] = PLACE.exec(Buffer.from(token, 'base64url').toString('latin1')) ?? [];
  const date = new Date(Number(at));
  if (Number.isNaN(date.getTime()) || Number(id) > 0x7fffffff) {
    throw new AppError(
      'invalid',
      'request.page_token',
      'This page token is not one of ours. Begin with the first page.',
    );
  }
  return { at: date, id: Number(id) };
}
