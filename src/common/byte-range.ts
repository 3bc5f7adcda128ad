/** A part of a file, both ends included. */
export interface Part {
  from: number;
  to: number;
}

/**
 * What a `Range` header asks for of a file (RFC 9110, section 14). `whole`: it asks for nothing that is understood here, and all
 * of it is sent; `none`: it lies behind the end. Of several ranges none is understood: servers may do so.
 */
export function partOf(header: string | undefined, size: number): Part | 'whole' | 'none' {
  const match = /^bytes=[ \t]*(\d*)-(\d*)[ \t]*$/i.exec(header ?? '');
  if (match === null) return 'whole';
  const [, first = '', last = ''] = match;
  if (first === '' && last === '') return 'whole';
  if (first === '') {
    const length = Math.min(Number(last), size);
    return length === 0 ? 'none' : { from: size - length, to: size - 1 };
  }
  const from = Number(first);
  if (last !== '' && Number(last) < from) return 'whole';
  if (from >= size) return 'none';
  return { from, to: last === '' ? size - 1 : Math.min(Number(last), size - 1) };
}
