# %% libraries
library(keras3)

epochs <- 10
seed <- 45

# %% data
mnist <- dataset_mnist()

# %% structure
str(mnist)

# %% counts
table(mnist$train$y)

# %% plot
plot(as.raster(mnist$train$x[1, , ], max = 255))

# %% normalise
range(mnist$train$x)
x <- mnist$train$x / 255
x_test <- mnist$test$x / 255
range(x)

# %% multinom
clear_session()
set_random_seed(seed)
multinom <- keras_model_sequential(input_shape = c(28, 28)) |>
  layer_flatten() |>
  layer_dense(units = 10, activation = "softmax")
multinom |> compile(
  loss = "sparse_categorical_crossentropy",
  optimizer = "adam",
  metrics = "accuracy"
)
summary(multinom)

# %% multinom-fit
multinom |> fit(x, mnist$train$y, epochs = epochs, batch_size = 32, validation_split = 0.2)

# %% multinom-test
predicted <- max.col(predict(multinom, x_test)) - 1
table(pred = predicted, true = mnist$test$y)
mean(predicted == mnist$test$y)

# %% ffnn
clear_session()
set_random_seed(seed)
ffnn <- keras_model_sequential(input_shape = c(28, 28)) |>
  layer_flatten() |>
  layer_dense(units = 64, activation = "relu") |>
  layer_dense(units = 10, activation = "softmax")
ffnn |> compile(
  loss = "sparse_categorical_crossentropy",
  optimizer = "adam",
  metrics = "accuracy"
)
summary(ffnn)

# %% ffnn-fit
ffnn |> fit(x, mnist$train$y, epochs = epochs, batch_size = 32, validation_split = 0.2)

# %% ffnn-test
predicted <- max.col(predict(ffnn, x_test)) - 1
table(pred = predicted, true = mnist$test$y)
mean(predicted == mnist$test$y)

# %% dffnn
clear_session()
set_random_seed(seed)
dffnn <- keras_model_sequential(input_shape = c(28, 28)) |>
  layer_flatten() |>
  layer_dense(units = 128, activation = "relu") |>
  layer_dense(units = 64, activation = "relu") |>
  layer_dense(units = 10, activation = "softmax")
dffnn |> compile(
  loss = "sparse_categorical_crossentropy",
  optimizer = "adam",
  metrics = "accuracy"
)
summary(dffnn)

# %% dffnn-fit
dffnn |> fit(x, mnist$train$y, epochs = epochs, batch_size = 32, validation_split = 0.2)

# %% dffnn-test
predicted <- max.col(predict(dffnn, x_test)) - 1
table(pred = predicted, true = mnist$test$y)
mean(predicted == mnist$test$y)

# %% cnn
clear_session()
set_random_seed(seed)
images <- array_reshape(x, c(60000, 28, 28, 1))
test_images <- array_reshape(x_test, c(10000, 28, 28, 1))
cnn <- keras_model_sequential(input_shape = c(28, 28, 1)) |>
  layer_conv_2d(filters = 6, kernel_size = c(5, 5)) |>
  layer_max_pooling_2d(pool_size = c(4, 4)) |>
  layer_flatten() |>
  layer_dense(units = 32, activation = "relu") |>
  layer_dense(units = 10, activation = "softmax")
cnn |> compile(
  loss = "sparse_categorical_crossentropy",
  optimizer = "adam",
  metrics = "accuracy"
)
summary(cnn)

# %% cnn-fit
cnn |> fit(images, mnist$train$y, epochs = epochs, batch_size = 32, validation_split = 0.2)

# %% cnn-test
predicted <- max.col(predict(cnn, test_images)) - 1
table(pred = predicted, true = mnist$test$y)
mean(predicted == mnist$test$y)

# %% cnn_2
clear_session()
set_random_seed(seed)
cnn_2 <- keras_model_sequential(input_shape = c(28, 28, 1)) |>
  layer_conv_2d(filters = 6, kernel_size = c(3, 3)) |>
  layer_max_pooling_2d(pool_size = c(2, 2)) |>
  layer_conv_2d(filters = 12, kernel_size = c(3, 3)) |>
  layer_max_pooling_2d(pool_size = c(2, 2)) |>
  layer_flatten() |>
  layer_dropout(rate = 0.2) |>
  layer_dense(units = 32, activation = "relu") |>
  layer_dense(units = 10, activation = "softmax")
cnn_2 |> compile(
  loss = "sparse_categorical_crossentropy",
  optimizer = "adam",
  metrics = "accuracy"
)
summary(cnn_2)

# %% cnn_2-fit
cnn_2 |> fit(images, mnist$train$y, epochs = epochs, batch_size = 32, validation_split = 0.2)

# %% cnn_2-test
predicted <- max.col(predict(cnn_2, test_images)) - 1
table(pred = predicted, true = mnist$test$y)
mean(predicted == mnist$test$y)

# %% comparison
models <- list(multinom = multinom, ffnn = ffnn, dffnn = dffnn, cnn = cnn, cnn_2 = cnn_2)
sapply(models, function(model) {
  shaped <- if (length(model$input_shape) == 4) test_images else x_test
  evaluate(model, shaped, mnist$test$y, verbose = 0)$accuracy
})
