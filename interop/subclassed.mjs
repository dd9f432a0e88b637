// The subclass of interop/cases.py: what its weights are called in a file follows from the names of the properties.
import { layers, Model, ops } from "keratin";

class Block extends layers.Layer {
  constructor(units) {
    super();
    this.firstLayer = new layers.Dense(units, { activation: "relu" });
    this.second = new layers.Dense(units);
  }
  call(x) {
    return ops.add(x, this.second.apply(this.firstLayer.apply(x)));
  }
}

export class Subclassed extends Model {
  constructor() {
    super();
    this.blocks = [new Block(6), new Block(6)];
    this.norm = new layers.BatchNormalization();
    this.outputLayer = new layers.Dense(2);
    this.gate = new layers.Dense(6, { activation: "sigmoid" });
  }
  call(x, options) {
    const y = this.blocks.reduce((value, block) => block.apply(value), x);
    return this.outputLayer.apply(ops.multiply(this.norm.apply(y, options), this.gate.apply(x)));
  }
}
