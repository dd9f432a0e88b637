"""Boxes and arrows of Keras's plots: writes ../plots.json. Needs keras 3.15 on jax (KERAS_BACKEND=jax) and pydot."""
import html
import itertools
import json
import re
from pathlib import Path

import keras
from keras.src.utils.model_visualization import model_to_dot
from keras import layers


def sequential():
    model = keras.Sequential([keras.Input((8,)), layers.Dense(4, activation="relu"), layers.Dropout(0.5), layers.Dense(2)])
    model.layers[0].trainable = False
    return model


def branches():
    a, b = keras.Input((4,), name="a"), keras.Input((4,), name="b")
    shared = layers.Dense(3, activation="tanh", name="shared")
    x, y = shared(a), shared(b)
    joined = layers.Concatenate(name="joined")([x, y])
    total = keras.ops.add(joined, 1.0)
    return keras.Model([a, b], [layers.Dense(1, name="one")(total), layers.Dense(2, name="two", activation="softmax")(joined)])


def nested():
    i = keras.Input((4,), name="inner_input")
    h = layers.Dense(5, name="inner_dense")(i)
    inner = keras.Model(i, [h, layers.Activation("relu", name="inner_relu")(h)], name="inner")
    stack = keras.Sequential([keras.Input((5,)), layers.Dense(3, name="s1"), layers.Dense(2, name="s2")], name="stack")
    x = keras.Input((4,), name="x")
    p, q = inner(x)
    return keras.Model(x, layers.Add(name="sum")([stack(p), stack(q)]))


def words(label):
    rows = re.findall(r"<tr>(.*?)</tr>", label)
    cell = lambda text: html.unescape(re.sub(r"<[^>]*>", "", text))
    return [[cell(c) for c in re.findall(r"<td[^>]*>.*?</td>", row)] for row in rows]


def collect(graph, cluster, boxes, edges, clusters):
    for node in graph.get_nodes():
        if node.get_label() is None:
            continue
        boxes[node.get_name()] = {"rows": words(node.get_label()), "cluster": cluster}
    for sub in graph.get_subgraphs():
        name = sub.get_label().strip('"')
        clusters.append(name)
        collect(sub, name, boxes, edges, clusters)
    edges += [(edge.get_source(), edge.get_destination()) for edge in graph.get_edges()]


cases = []
for build, (show, names, expand) in itertools.product([sequential, branches, nested], [(False, False, False), (True, True, False), (True, True, True)]):
    keras.utils.clear_session()
    dot = model_to_dot(build(), show_shapes=show, show_dtype=show, show_layer_names=names, expand_nested=expand,
                       show_layer_activations=show, show_trainable=show)
    boxes, edges, clusters = {}, [], []
    collect(dot, None, boxes, edges, clusters)
    order = {name: i for i, name in enumerate(boxes)}
    cases.append({"model": build.__name__, "show": show, "names": names, "expand": expand, "boxes": list(boxes.values()),
                  "clusters": clusters, "edges": sorted([order[a], order[b]] for a, b in edges)})
(Path(__file__).parent.parent / "plots.json").write_text(json.dumps(cases, separators=(",", ":")) + "\n")
