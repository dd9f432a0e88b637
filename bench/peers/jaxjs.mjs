// Peer `jaxjs`: jax-js on its WebAssembly backend. One jitted function per training step: forward, backward, Adam.
//
//   node bench/peers/jaxjs.mjs [--models ffnn,cnn] [--steps 30] [--rounds 3] [--data <folder of IDX files>]
import { readFile } from "node:fs/promises";
import {
  blockUntilReady,
  defaultDevice,
  init,
  jit,
  lax,
  nn,
  numpy as np,
  random,
  tree,
  valueAndGrad,
} from "@jax-js/jax";
import {
  BATCH_SIZE,
  BETA_1,
  BETA_2,
  EPSILON,
  gatherBatch,
  LEARNING_RATE,
  loadTrainingData,
  microsecondsPerStep,
  parseArguments,
  report,
  seconds,
  shuffledOrder,
} from "./common.mjs";

// Convolutions are channels-first here, as jax-js wants them: kernels [out, in, height, width].
const KERNELS = {
  multinom: [[784, 10]],
  ffnn: [
    [784, 64],
    [64, 10],
  ],
  dffnn: [
    [784, 128],
    [128, 64],
    [64, 10],
  ],
  cnn: [
    [6, 1, 5, 5],
    [216, 32],
    [32, 10],
  ],
  cnn_2: [
    [6, 1, 3, 3],
    [12, 6, 3, 3],
    [300, 32],
    [32, 10],
  ],
};
const POOLING = { cnn: 4, cnn_2: 2 };

function initialParameters(name) {
  return KERNELS[name].map((shape, index) => {
    const isConvolution = shape.length === 4;
    const field = isConvolution ? shape[2] * shape[3] : 1;
    const limit = Math.sqrt(6 / (field * (shape[0] + shape[1])));
    const kernel = random.uniform(random.key(45 + index), shape, { minval: -limit, maxval: limit });
    const bias = np.zeros(isConvolution ? [shape[0], 1, 1] : [shape[1]]);
    return { kernel, bias };
  });
}

/** Windows that do not overlap: cut to whole windows, give each window two axes of its own, take their maximum. */
function maxPool(x, size) {
  const [batch, channels, height, width] = x.shape;
  const rows = Math.floor(height / size);
  const columns = Math.floor(width / size);
  const whole = rows * size === height ? x : x.slice([], [], [0, rows * size], [0, columns * size]);
  return np.max(whole.reshape([batch, channels, rows, size, columns, size]), [3, 5]);
}

/** x [32, 784] to logits [32, 10]; drops a fifth of cnn_2's features when there is a key. Consumes its arguments. */
function logitsOf(name, parameters, x, dropoutKey) {
  let hidden = x;
  if (name in POOLING) hidden = hidden.reshape([BATCH_SIZE, 1, 28, 28]);
  let isFlat = !(name in POOLING);
  parameters.forEach(({ kernel, bias }, index) => {
    if (kernel.shape.length === 4) {
      hidden = maxPool(lax.conv(hidden, kernel, [1, 1], "VALID").add(bias), POOLING[name]);
      return;
    }
    if (!isFlat) {
      hidden = hidden.reshape([BATCH_SIZE, kernel.shape[0]]);
      isFlat = true;
      if (name === "cnn_2" && dropoutKey !== undefined) {
        const kept = random.bernoulli(dropoutKey, 0.8, hidden.shape);
        hidden = np.where(kept, hidden.mul(1 / 0.8), 0);
      }
    }
    hidden = np.matmul(hidden, kernel).add(bias);
    if (index < parameters.length - 1) hidden = nn.relu(hidden);
  });
  return hidden;
}

/** (state, totals, x, y, dropout key) -> (state, totals), all of one step in one compiled function. */
function makeStep(name) {
  const lossAndGradients = valueAndGrad(
    (parameters, x, y, dropoutKey) => {
      const logits = logitsOf(name, parameters, x, name === "cnn_2" ? dropoutKey : undefined);
      const correct = np.equal(np.argmax(logits.ref, -1), y.ref).astype(np.float32).sum();
      const loss = nn
        .logSoftmax(logits)
        .mul(nn.oneHot(y, 10))
        .sum()
        .mul(-1 / BATCH_SIZE);
      return [loss, correct];
    },
    { hasAux: true },
  );
  return jit((state, totals, x, y, dropoutKey) => {
    const [[loss, correct], gradients] = lossAndGradients(tree.ref(state.parameters), x, y, dropoutKey);
    const firstPower = state.firstPower.mul(BETA_1);
    const secondPower = state.secondPower.mul(BETA_2);
    const one = np.array(1);
    const rate = np.sqrt(one.ref.sub(secondPower.ref)).div(one.sub(firstPower.ref)).mul(LEARNING_RATE);
    const first = tree.map(
      (moment, gradient) => moment.mul(BETA_1).add(gradient.mul(1 - BETA_1)),
      state.first,
      tree.ref(gradients),
    );
    const second = tree.map(
      (moment, gradient) => moment.mul(BETA_2).add(np.square(gradient).mul(1 - BETA_2)),
      state.second,
      gradients,
    );
    const parameters = tree.map(
      (parameter, m, v) => parameter.sub(m.mul(rate.ref).div(np.sqrt(v).add(EPSILON))),
      state.parameters,
      tree.ref(first),
      tree.ref(second),
    );
    rate.dispose();
    return [
      { parameters, first, second, firstPower, secondPower },
      { loss: totals.loss.add(loss), correct: totals.correct.add(correct) },
    ];
  });
}

function newState(name) {
  const parameters = initialParameters(name);
  const zeros = () => tree.map((parameter) => np.zeros(parameter.shape), parameters);
  return { parameters, first: zeros(), second: zeros(), firstPower: np.array(1), secondPower: np.array(1) };
}

async function trainSteps(step, state, data, order, steps) {
  let current = state;
  let totals = { loss: np.array(0), correct: np.array(0) };
  for (let index = 0; index < steps; index++) {
    const batch = gatherBatch(data, order, index);
    const x = np.array(batch.x).reshape([BATCH_SIZE, 784]);
    const y = np.array(batch.y, { dtype: np.int32 });
    [current, totals] = step(current, totals, x, y, random.key(index));
  }
  await blockUntilReady(tree.ref(current));
  const loss = (await totals.loss.data())[0] / steps;
  const accuracy = (await totals.correct.data())[0] / (steps * BATCH_SIZE);
  return { state: current, loss, accuracy };
}

const options = parseArguments();
const data = await loadTrainingData(options);
await init("wasm");
defaultDevice("wasm");
const packageFile = new URL("./node_modules/@jax-js/jax/package.json", import.meta.url);
const versions = { "@jax-js/jax": JSON.parse(await readFile(packageFile, "utf8")).version };
const { steps, rounds } = options;
const inOrder = Int32Array.from({ length: steps * BATCH_SIZE }, (_, index) => index);

for (const name of options.models) {
  let state = newState(name);
  let step = makeStep(name);
  await report("jaxjs", versions, name, {
    firstStep: async () => {
      const first = await seconds(async () => {
        await trainSteps(step, newState(name), data, inOrder, 1);
      });
      step = makeStep(name);
      return first;
    },
    train: () =>
      microsecondsPerStep(
        async () => {
          const trained = await trainSteps(step, state, data, shuffledOrder(steps * BATCH_SIZE), steps);
          state = trained.state;
        },
        steps,
        rounds,
      ),
    predict: () => {
      const predict = jit((parameters, x) => nn.softmax(logitsOf(name, parameters, x)));
      const parameters = initialParameters(name);
      return microsecondsPerStep(
        async () => {
          for (let index = 0; index < steps; index++) {
            const { x } = gatherBatch(data, inOrder, index);
            await predict(tree.ref(parameters), np.array(x).reshape([BATCH_SIZE, 784])).data();
          }
        },
        steps,
        rounds,
      );
    },
  });
}
