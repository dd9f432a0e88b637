import { platform } from "#platform";
import { crc32c } from "../../utils/crc.js";
import { type Event, type EventEncoder, eventEncoder } from "./event.js";

/** A checksum as TFRecord files have it, so that one over data with checksums in it is still a good one. */
function maskedCrc(bytes: Uint8Array): number {
  const crc = crc32c(bytes);
  return (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0;
}

/**
 * One record of a TFRecord file: length, its checksum, data, their checksum.
 * @see https://www.tensorflow.org/tutorials/load_data/tfrecord#tfrecords_format_details
 */
export function tfRecord(data: Uint8Array): Uint8Array {
  const record = new Uint8Array(16 + data.length);
  const view = new DataView(record.buffer);
  view.setBigUint64(0, BigInt(data.length), true);
  view.setUint32(8, maskedCrc(record.subarray(0, 8)), true);
  record.set(data, 12);
  view.setUint32(12 + data.length, maskedCrc(data), true);
  return record;
}

/** So that two files that one process starts within a second have different names. */
let files = 0;

/** An event file in a folder; it is made when the first events are flushed. */
export class EventFile {
  readonly #folder: string;
  #path: string | undefined;
  #encode: EventEncoder | undefined;
  #records: Uint8Array[] = [];
  /** Events that wait for the encoder, which is loaded at the first flush. */
  #waiting: Event[] = [];

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** Takes an event; `flush` writes it. */
  add(event: Event): void {
    if (this.#encode) this.#records.push(tfRecord(this.#encode(event)));
    else this.#waiting.push(event);
  }

  /** How many events wait to be written. */
  get pending(): number {
    return this.#records.length + this.#waiting.length;
  }

  async flush(): Promise<void> {
    if (this.pending === 0) return;
    if (!this.#path) {
      this.#encode = await eventEncoder();
      const seconds = platform.now();
      await platform.makeFolder(this.#folder);
      const random = Math.floor(Math.random() * 1e9);
      const name = `events.out.tfevents.${Math.floor(seconds)}.keratin.${random}.${files++}.v2`;
      this.#path = platform.joinPath(this.#folder, name);
      const waiting = this.#waiting;
      this.#waiting = [];
      for (const event of [{ wallTime: seconds, fileVersion: "brain.Event:2" }, ...waiting]) this.add(event);
    }
    const records = this.#records;
    this.#records = [];
    const bytes = new Uint8Array(records.reduce((sum, { length }) => sum + length, 0));
    let offset = 0;
    for (const record of records) {
      bytes.set(record, offset);
      offset += record.length;
    }
    await platform.appendFile(this.#path, bytes);
  }
}
