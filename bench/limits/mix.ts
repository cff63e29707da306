/** Which bare stream has the traffic of an update. Pure. */

/** Arrays that a stream reads, and of those that it writes. */
export interface Mix {
  readonly reads: number;
  readonly writes: number;
}

/** What a stream can bind: the fewest storage buffers that WebGPU allows a device. */
const mostReads = 8;
/** See stream.wgsl. */
const mostWrites = 5;

/**
 * The fewest arrays whose reads are to their writes as so many bytes to so many: 4 and 3 for AdamW's 16 and 12. Where there
 * are none, the closest.
 */
export function mixOf(bytesRead: number, bytesWritten: number): Mix {
  const wanted = bytesRead / bytesWritten;
  const off = ({ reads, writes }: Mix): number => Math.abs(Math.log(reads / writes / wanted));
  let best: Mix = { reads: 2, writes: 1 };
  for (let writes = 1; writes <= mostWrites; writes++) {
    for (let reads = writes + 1; reads <= mostReads; reads++) {
      if (off({ reads, writes }) < off(best) - tolerance) best = { reads, writes };
    }
  }
  return best;
}

/** Scales of small states are a few bytes in a thousand, for which no stream takes more arrays. */
const tolerance = 0.02;

/**
 * The traffic of an update a parameter: the parameter and its states are written once, all else is read.
 * @param bytesMoved read and written
 * @param bytesWritten of the parameter and its states
 */
export const mixOfUpdate = (bytesMoved: number, bytesWritten: number): Mix =>
  mixOf(bytesMoved - bytesWritten, bytesWritten);
