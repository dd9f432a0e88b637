import type { BinaryWriter } from "@bufbuild/protobuf/wire";

/** Numbers or strings as TensorFlow's `TensorProto` has them. */
export type TensorContent =
  | { readonly shape: readonly number[]; readonly float: readonly number[] }
  | { readonly shape: readonly number[]; readonly double: Float64Array }
  | { readonly shape: readonly number[]; readonly string: readonly Uint8Array[] };

/** What a plugin of TensorBoard shows. */
export interface Summary {
  readonly tag: string;
  readonly plugin: "scalars" | "histograms" | "images" | "graph_keras_model";
  readonly pluginContent?: string;
  readonly tensor: TensorContent;
}

export type Event = { readonly wallTime: number } & (
  | { readonly fileVersion: string }
  | { readonly step: number; readonly summary: Summary }
);

/** An event as the bytes of TensorFlow's message `Event`. */
export type EventEncoder = (event: Event) => Uint8Array;

// TensorFlow's DataType
const DT_FLOAT = 1;
const DT_DOUBLE = 2;
const DT_STRING = 7;

/** Loads the protobuf library. */
export async function eventEncoder(): Promise<EventEncoder> {
  const { BinaryWriter: Writer, WireType } = await import("@bufbuild/protobuf/wire");
  const { Varint, Bit64, LengthDelimited } = WireType;

  /** A message in a field. */
  const nested = (writer: BinaryWriter, field: number, fill: () => void) => {
    writer.tag(field, LengthDelimited).fork();
    fill();
    writer.join();
  };

  // field numbers: tensorflow/core/framework/tensor.proto, tensor_shape.proto
  const tensor = (writer: BinaryWriter, content: TensorContent) => {
    const dtype = "float" in content ? DT_FLOAT : "double" in content ? DT_DOUBLE : DT_STRING;
    writer.tag(1, Varint).int32(dtype);
    nested(writer, 2, () => {
      for (const size of content.shape) nested(writer, 2, () => writer.tag(1, Varint).int64(size));
    });
    if ("float" in content) {
      nested(writer, 5, () => {
        for (const value of content.float) writer.float(value);
      });
    } else if ("double" in content) {
      nested(writer, 6, () => {
        for (const value of content.double) writer.double(value);
      });
    } else for (const value of content.string) writer.tag(8, LengthDelimited).bytes(value);
  };

  // tensorflow/core/framework/summary.proto
  const value = (writer: BinaryWriter, { tag, plugin, pluginContent, tensor: content }: Summary) => {
    writer.tag(1, LengthDelimited).string(tag);
    nested(writer, 8, () => tensor(writer, content));
    nested(writer, 9, () =>
      nested(writer, 1, () => {
        writer.tag(1, LengthDelimited).string(plugin);
        if (pluginContent) writer.tag(2, LengthDelimited).string(pluginContent);
      }),
    );
  };

  // tensorflow/core/util/event.proto
  return (event) => {
    const writer = new Writer();
    writer.tag(1, Bit64).double(event.wallTime);
    if ("fileVersion" in event) writer.tag(3, LengthDelimited).string(event.fileVersion);
    else {
      const { step, summary } = event;
      if (step !== 0) writer.tag(2, Varint).int64(step);
      nested(writer, 5, () => nested(writer, 1, () => value(writer, summary)));
    }
    return writer.finish();
  };
}
