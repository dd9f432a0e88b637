// %% libraries

import { datasets, Input, layers, Sequential, utils } from "keratin";
import { compare, confusion, featureMaps, mostWrong, plotDigit, structure, table } from "lab";

const epochs = 10;
const seed = 45;

// %% data
const { train, test } = await datasets.mnist.loadData();

// %% structure
structure({ train, test });

// %% counts
table(train.y);

// %% plot
plotDigit(train.x.at(0), `train.y[0] is ${train.y.at(0).item()}`);

// %% normalise
console.log("before:", train.x.min().item(), "to", train.x.max().item());
const x = train.x.div(255);
const xTest = test.x.div(255);
console.log("after:", x.min().item(), "to", x.max().item());

// %% multinom
utils.clearSession();
utils.setRandomSeed(seed);
const multinom = new Sequential([
  Input([28, 28]),
  new layers.Flatten(),
  new layers.Dense(10, { activation: "softmax" }),
]);
multinom.compile({ loss: "sparse_categorical_crossentropy", optimizer: "adam", metrics: ["accuracy"] });
multinom.summary();

// %% multinom-fit
await multinom.fit(x, train.y, { epochs, batchSize: 32, validationSplit: 0.2 });

// %% multinom-test
const multinomGives = await multinom.predict(xTest);
await confusion(multinomGives.argmax(-1), test.y);
mostWrong(multinomGives, test);

// %% ffnn
utils.clearSession();
utils.setRandomSeed(seed);
const ffnn = new Sequential([
  Input([28, 28]),
  new layers.Flatten(),
  new layers.Dense(64, { activation: "relu" }),
  new layers.Dense(10, { activation: "softmax" }),
]);
ffnn.compile({ loss: "sparse_categorical_crossentropy", optimizer: "adam", metrics: ["accuracy"] });
ffnn.summary();

// %% ffnn-fit
await ffnn.fit(x, train.y, { epochs, batchSize: 32, validationSplit: 0.2 });

// %% ffnn-test
const ffnnGives = await ffnn.predict(xTest);
await confusion(ffnnGives.argmax(-1), test.y);
mostWrong(ffnnGives, test);

// %% dffnn
utils.clearSession();
utils.setRandomSeed(seed);
const dffnn = new Sequential([
  Input([28, 28]),
  new layers.Flatten(),
  new layers.Dense(128, { activation: "relu" }),
  new layers.Dense(64, { activation: "relu" }),
  new layers.Dense(10, { activation: "softmax" }),
]);
dffnn.compile({ loss: "sparse_categorical_crossentropy", optimizer: "adam", metrics: ["accuracy"] });
dffnn.summary();

// %% dffnn-fit
await dffnn.fit(x, train.y, { epochs, batchSize: 32, validationSplit: 0.2 });

// %% dffnn-test
const dffnnGives = await dffnn.predict(xTest);
await confusion(dffnnGives.argmax(-1), test.y);
mostWrong(dffnnGives, test);

// %% cnn
utils.clearSession();
utils.setRandomSeed(seed);
const images = x.reshape([60000, 28, 28, 1]);
const testImages = xTest.reshape([10000, 28, 28, 1]);
const cnn = new Sequential([
  Input([28, 28, 1]),
  new layers.Conv2D(6, [5, 5]),
  new layers.MaxPooling2D([4, 4]),
  new layers.Flatten(),
  new layers.Dense(32, { activation: "relu" }),
  new layers.Dense(10, { activation: "softmax" }),
]);
cnn.compile({ loss: "sparse_categorical_crossentropy", optimizer: "adam", metrics: ["accuracy"] });
cnn.summary();

// %% cnn-fit
await cnn.fit(images, train.y, { epochs, batchSize: 32, validationSplit: 0.2 });

// %% cnn-test
const cnnGives = await cnn.predict(testImages);
await confusion(cnnGives.argmax(-1), test.y);
mostWrong(cnnGives, test);
featureMaps(cnn, test.x.at(0));

// %% cnn_2
utils.clearSession();
utils.setRandomSeed(seed);
const cnn_2 = new Sequential([
  Input([28, 28, 1]),
  new layers.Conv2D(6, [3, 3]),
  new layers.MaxPooling2D([2, 2]),
  new layers.Conv2D(12, [3, 3]),
  new layers.MaxPooling2D([2, 2]),
  new layers.Flatten(),
  new layers.Dropout(0.2),
  new layers.Dense(32, { activation: "relu" }),
  new layers.Dense(10, { activation: "softmax" }),
]);
cnn_2.compile({ loss: "sparse_categorical_crossentropy", optimizer: "adam", metrics: ["accuracy"] });
cnn_2.summary();

// %% cnn_2-fit
await cnn_2.fit(images, train.y, { epochs, batchSize: 32, validationSplit: 0.2 });

// %% cnn_2-test
const cnn2Gives = await cnn_2.predict(testImages);
await confusion(cnn2Gives.argmax(-1), test.y);
mostWrong(cnn2Gives, test);
featureMaps(cnn_2, test.x.at(0));

// %% comparison
await compare({ multinom, ffnn, dffnn, cnn, cnn_2 }, xTest, test.y);
