# %% libraries
import keras
import matplotlib.pyplot as plt
import numpy as np
from keras import Input, Sequential, layers

epochs = 10
seed = 45

# %% data
(x_train, y_train), (x_test, y_test) = keras.datasets.mnist.load_data()

# %% structure
for name in ("x_train", "y_train", "x_test", "y_test"):
    print(name, globals()[name].shape, globals()[name].dtype)

# %% counts
print(np.bincount(y_train))

# %% plot
plt.imshow(x_train[0], cmap="gray_r")
plt.title(y_train[0])

# %% normalise
print(x_train.min(), x_train.max())
x_train = x_train / 255
x_test = x_test / 255
print(x_train.min(), x_train.max())

# %% multinom
keras.utils.clear_session()
keras.utils.set_random_seed(seed)
multinom = Sequential([
    Input((28, 28)),
    layers.Flatten(),
    layers.Dense(10, activation="softmax"),
])
multinom.compile(
    loss="sparse_categorical_crossentropy", optimizer="adam", metrics=["accuracy"]
)
multinom.summary()

# %% multinom-fit
multinom.fit(x_train, y_train, epochs=epochs, batch_size=32, validation_split=0.2)

# %% multinom-test
predicted = multinom.predict(x_test).argmax(axis=-1)
confusion = np.zeros((10, 10), dtype=int)
np.add.at(confusion, (predicted, y_test), 1)
print(confusion)
print((predicted == y_test).mean())

# %% ffnn
keras.utils.clear_session()
keras.utils.set_random_seed(seed)
ffnn = Sequential([
    Input((28, 28)),
    layers.Flatten(),
    layers.Dense(64, activation="relu"),
    layers.Dense(10, activation="softmax"),
])
ffnn.compile(
    loss="sparse_categorical_crossentropy", optimizer="adam", metrics=["accuracy"]
)
ffnn.summary()

# %% ffnn-fit
ffnn.fit(x_train, y_train, epochs=epochs, batch_size=32, validation_split=0.2)

# %% ffnn-test
predicted = ffnn.predict(x_test).argmax(axis=-1)
confusion = np.zeros((10, 10), dtype=int)
np.add.at(confusion, (predicted, y_test), 1)
print(confusion)
print((predicted == y_test).mean())

# %% dffnn
keras.utils.clear_session()
keras.utils.set_random_seed(seed)
dffnn = Sequential([
    Input((28, 28)),
    layers.Flatten(),
    layers.Dense(128, activation="relu"),
    layers.Dense(64, activation="relu"),
    layers.Dense(10, activation="softmax"),
])
dffnn.compile(
    loss="sparse_categorical_crossentropy", optimizer="adam", metrics=["accuracy"]
)
dffnn.summary()

# %% dffnn-fit
dffnn.fit(x_train, y_train, epochs=epochs, batch_size=32, validation_split=0.2)

# %% dffnn-test
predicted = dffnn.predict(x_test).argmax(axis=-1)
confusion = np.zeros((10, 10), dtype=int)
np.add.at(confusion, (predicted, y_test), 1)
print(confusion)
print((predicted == y_test).mean())

# %% cnn
keras.utils.clear_session()
keras.utils.set_random_seed(seed)
images = x_train.reshape(60000, 28, 28, 1)
test_images = x_test.reshape(10000, 28, 28, 1)
cnn = Sequential([
    Input((28, 28, 1)),
    layers.Conv2D(6, (5, 5)),
    layers.MaxPooling2D((4, 4)),
    layers.Flatten(),
    layers.Dense(32, activation="relu"),
    layers.Dense(10, activation="softmax"),
])
cnn.compile(
    loss="sparse_categorical_crossentropy", optimizer="adam", metrics=["accuracy"]
)
cnn.summary()

# %% cnn-fit
cnn.fit(images, y_train, epochs=epochs, batch_size=32, validation_split=0.2)

# %% cnn-test
predicted = cnn.predict(test_images).argmax(axis=-1)
confusion = np.zeros((10, 10), dtype=int)
np.add.at(confusion, (predicted, y_test), 1)
print(confusion)
print((predicted == y_test).mean())

# %% cnn_2
keras.utils.clear_session()
keras.utils.set_random_seed(seed)
cnn_2 = Sequential([
    Input((28, 28, 1)),
    layers.Conv2D(6, (3, 3)),
    layers.MaxPooling2D((2, 2)),
    layers.Conv2D(12, (3, 3)),
    layers.MaxPooling2D((2, 2)),
    layers.Flatten(),
    layers.Dropout(0.2),
    layers.Dense(32, activation="relu"),
    layers.Dense(10, activation="softmax"),
])
cnn_2.compile(
    loss="sparse_categorical_crossentropy", optimizer="adam", metrics=["accuracy"]
)
cnn_2.summary()

# %% cnn_2-fit
cnn_2.fit(images, y_train, epochs=epochs, batch_size=32, validation_split=0.2)

# %% cnn_2-test
predicted = cnn_2.predict(test_images).argmax(axis=-1)
confusion = np.zeros((10, 10), dtype=int)
np.add.at(confusion, (predicted, y_test), 1)
print(confusion)
print((predicted == y_test).mean())

# %% comparison
for model in (multinom, ffnn, dffnn, cnn, cnn_2):
    shaped = test_images if len(model.input_shape) == 4 else x_test
    loss, accuracy = model.evaluate(shaped, y_test, verbose=0)
    print(model.name, model.count_params(), round(accuracy, 4))
