/** What lies in a box of an MP4 file (ISO 14496-12), without its head. */
export interface Mp4Box {
  name: string;
  from: number;
  to: number;
}

const HEAD_BYTES = 8;
const LONG_HEAD_BYTES = 16;
/** Files have a dozen at each level; whoever has more wants to keep the reader busy. */
const MAX_BOXES = 1_000;

/** The boxes of this name below these, in a file. */
export function mp4Boxes(file: Buffer, path: readonly string[]): Mp4Box[] {
  let boxes: Mp4Box[] = [{ name: '', from: 0, to: file.length }];
  for (const name of path) {
    boxes = boxes.flatMap((box) => boxesIn(file, box).filter((each) => each.name === name)).slice(0, MAX_BOXES);
  }
  return boxes;
}

function boxesIn(file: Buffer, { from, to }: Mp4Box): Mp4Box[] {
  const boxes: Mp4Box[] = [];
  for (let at = from; at + HEAD_BYTES <= to && boxes.length < MAX_BOXES;) {
    const short = file.readUInt32BE(at);
    const isLong = short === 1 && at + LONG_HEAD_BYTES <= to;
    // 0: to the end of the file.
    const size = short === 0 ? to - at : isLong ? Number(file.readBigUInt64BE(at + HEAD_BYTES)) : short;
    const headBytes = isLong ? LONG_HEAD_BYTES : HEAD_BYTES;
    if (size < headBytes) return boxes;
    const end = Math.min(at + size, to);
    boxes.push({ name: file.toString('latin1', at + 4, at + HEAD_BYTES), from: at + headBytes, to: end });
    at = end;
  }
  return boxes;
}
