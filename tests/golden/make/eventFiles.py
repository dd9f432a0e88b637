"""Event files as TensorBoard's own classes write them: writes ../eventFiles.json. Needs tensorboard 2.21."""
import base64
import io
import json
from pathlib import Path

import numpy as np
from tensorboard.compat.proto import event_pb2, summary_pb2, tensor_pb2, tensor_shape_pb2, types_pb2
from tensorboard.plugins.graph import metadata as graph_metadata
from tensorboard.plugins.histogram import metadata as histogram_metadata
from tensorboard.plugins.image import metadata as image_metadata
from tensorboard.plugins.scalar import metadata as scalar_metadata
from tensorboard.summary.writer.record_writer import RecordWriter


def shape(*sizes):
    return tensor_shape_pb2.TensorShapeProto(dim=[tensor_shape_pb2.TensorShapeProto.Dim(size=n) for n in sizes])


def value(tag, metadata, **tensor):
    return summary_pb2.Summary(value=[summary_pb2.Summary.Value(tag=tag, metadata=metadata, tensor=tensor_pb2.TensorProto(**tensor))])


plugin = lambda name, content=b"": summary_pb2.SummaryMetadata(
    plugin_data=summary_pb2.SummaryMetadata.PluginData(plugin_name=name, content=content))
numbers = np.float32([-1.5, 0.25, 0.5, 0.5, 3, 2.75, -1.5, 1e-3])
low, high, count = float(numbers.min()), float(numbers.max()), 30
width = (high - low) / count
edges = [low + i * width for i in range(count)] + [high]
counts = np.zeros(count)
for number in numbers.astype(np.float64):
    counts[min(int((number - low) // width), count - 1)] += 1
rows = np.stack([edges[:-1], edges[1:], counts], axis=1)
assert histogram_metadata.PLUGIN_NAME == "histograms" and image_metadata.PLUGIN_NAME == "images"
assert scalar_metadata.PLUGIN_NAME == "scalars" and graph_metadata.PLUGIN_NAME_KERAS_MODEL == "graph_keras_model"
events = [
    event_pb2.Event(wall_time=1700000000.25, file_version="brain.Event:2"),
    event_pb2.Event(wall_time=1700000001.5, step=0, summary=value(
        "epoch_loss", scalar_metadata.create_summary_metadata("", ""), dtype=types_pb2.DT_FLOAT, tensor_shape=shape(), float_val=[0.1])),
    event_pb2.Event(wall_time=1700000002.0, step=3_000_000_000, summary=value(
        "batch_accuracy", scalar_metadata.create_summary_metadata("", ""), dtype=types_pb2.DT_FLOAT, tensor_shape=shape(),
        float_val=[float("nan")])),
    event_pb2.Event(wall_time=1700000003.0, step=7, summary=value(
        "dense/kernel/histogram", histogram_metadata.create_summary_metadata("", ""), dtype=types_pb2.DT_DOUBLE, tensor_shape=shape(30, 3),
        double_val=rows.ravel())),
    event_pb2.Event(wall_time=1700000004.0, step=0, summary=value(
        "keras", plugin("graph_keras_model", b"1"), dtype=types_pb2.DT_STRING, tensor_shape=shape(),
        string_val=['{"name": "größe"}'.encode()])),
]
records = []
for event in events:
    file = io.BytesIO()
    RecordWriter(file).write(event.SerializeToString(deterministic=True))
    records.append(base64.b64encode(file.getvalue()).decode())
result = {"numbers": numbers.tolist(), "records": records}
(Path(__file__).parent.parent / "eventFiles.json").write_text(json.dumps(result) + "\n")
