"""The cases of layers.py: family -> cases (name, class, config, input shapes, options).

A shape ("int", shape, n) means integers below n. Options: training (flags, default [False]), arguments (inputs are separate
arguments instead of a list), masks (one for each input, as lists of lengths of the unmasked part), call (further keyword
arguments), positive (weights are made positive), batch (the layer knows the batch size).
"""

NAMES = ["query", "value", "key"]

MERGING = [
    ("add", "Add", {}, [(2, 3), (2, 3), (2, 3)], {}),
    ("add_ranks", "Add", {}, [(2, 4, 3), (2, 3)], {}),
    ("add_broadcast", "Add", {}, [(2, 4, 1), (2, 1, 3)], {}),
    ("subtract", "Subtract", {}, [(2, 3), (2, 3)], {}),
    ("multiply", "Multiply", {}, [(2, 3), (2, 3), (2, 3)], {}),
    ("average", "Average", {}, [(2, 3), (2, 3), (2, 3)], {}),
    ("maximum", "Maximum", {}, [(2, 3), (2, 3), (2, 3)], {}),
    ("minimum", "Minimum", {}, [(2, 3), (2, 3)], {}),
    ("concatenate_axis1", "Concatenate", {"axis": 1}, [(2, 3, 4), (2, 1, 4), (2, 2, 4)], {}),
    ("dot", "Dot", {"axes": 1}, [(3, 4), (3, 4)], {}),
    ("dot_normalize", "Dot", {"axes": -1, "normalize": True}, [(3, 4), (3, 4)], {}),
    ("dot_axes", "Dot", {"axes": [1, 2]}, [(2, 3, 4), (2, 5, 3)], {}),
    ("dot_rank3_2", "Dot", {"axes": [2, 1]}, [(2, 3, 4), (2, 4)], {}),
    ("dot_rank4", "Dot", {"axes": [2, 1]}, [(2, 3, 4, 2), (2, 4, 3)], {}),
]

CONVOLUTIONAL = [
    ("conv1d_causal", "Conv1D", {"filters": 3, "kernel_size": 3, "padding": "causal", "dilation_rate": 2}, [(2, 7, 2)], {}),
    ("conv1d_same_strides", "Conv1D", {"filters": 2, "kernel_size": 4, "strides": 3, "padding": "same"}, [(2, 8, 3)], {}),
    ("conv2d_groups", "Conv2D", {"filters": 4, "kernel_size": [2, 3], "groups": 2}, [(2, 4, 5, 4)], {}),
    ("conv2d_channels_first", "Conv2D", {"filters": 3, "kernel_size": 3, "data_format": "channels_first", "activation": "relu"}, [(2, 2, 5, 6)], {}),
    ("conv3d", "Conv3D", {"filters": 2, "kernel_size": [2, 3, 2], "padding": "same"}, [(1, 3, 4, 3, 2)], {}),
    ("depthwise1d", "DepthwiseConv1D", {"kernel_size": 3, "depth_multiplier": 2}, [(2, 6, 3)], {}),
    ("depthwise2d", "DepthwiseConv2D", {"kernel_size": [3, 2], "padding": "same", "activation": "tanh"}, [(2, 4, 5, 3)], {}),
    ("depthwise2d_strides", "DepthwiseConv2D", {"kernel_size": 3, "strides": 2, "depth_multiplier": 2, "use_bias": False}, [(1, 6, 7, 2)], {}),
    ("depthwise2d_channels_first", "DepthwiseConv2D", {"kernel_size": 2, "data_format": "channels_first", "depth_multiplier": 2}, [(2, 3, 4, 4)], {}),
    ("separable1d", "SeparableConv1D", {"filters": 4, "kernel_size": 3, "padding": "same"}, [(2, 6, 3)], {}),
    ("separable2d", "SeparableConv2D", {"filters": 3, "kernel_size": [3, 3], "depth_multiplier": 2, "strides": 2, "activation": "relu"}, [(2, 7, 6, 2)], {}),
    ("separable2d_channels_first", "SeparableConv2D", {"filters": 3, "kernel_size": 2, "data_format": "channels_first"}, [(1, 2, 4, 5)], {}),
    ("transpose1d", "Conv1DTranspose", {"filters": 2, "kernel_size": 3, "strides": 2}, [(2, 4, 3)], {}),
    ("transpose1d_same", "Conv1DTranspose", {"filters": 2, "kernel_size": 4, "strides": 3, "padding": "same"}, [(2, 4, 2)], {}),
    ("transpose2d", "Conv2DTranspose", {"filters": 3, "kernel_size": [3, 2], "strides": [2, 3]}, [(2, 3, 3, 2)], {}),
    ("transpose2d_same", "Conv2DTranspose", {"filters": 2, "kernel_size": 3, "strides": 2, "padding": "same", "activation": "tanh"}, [(2, 3, 4, 2)], {}),
    ("transpose2d_small_kernel", "Conv2DTranspose", {"filters": 2, "kernel_size": 2, "strides": 3, "padding": "same"}, [(1, 3, 3, 2)], {}),
    ("transpose2d_small_kernel_valid", "Conv2DTranspose", {"filters": 2, "kernel_size": 2, "strides": 3}, [(1, 3, 3, 2)], {}),
    ("transpose2d_output_padding", "Conv2DTranspose", {"filters": 2, "kernel_size": 3, "strides": 2, "padding": "same", "output_padding": 1}, [(1, 3, 4, 2)], {}),
    ("transpose2d_output_padding_valid", "Conv2DTranspose", {"filters": 2, "kernel_size": 3, "strides": 3, "output_padding": [1, 0]}, [(1, 3, 2, 2)], {}),
    ("transpose2d_dilation", "Conv2DTranspose", {"filters": 2, "kernel_size": 3, "dilation_rate": 2}, [(1, 4, 3, 2)], {}),
    ("transpose2d_channels_first", "Conv2DTranspose", {"filters": 3, "kernel_size": 3, "strides": 2, "data_format": "channels_first"}, [(1, 2, 3, 3)], {}),
    ("transpose3d", "Conv3DTranspose", {"filters": 2, "kernel_size": 2, "strides": [2, 1, 2], "padding": "same"}, [(1, 2, 3, 2, 2)], {}),
]

POOLING = [
    ("max1d", "MaxPooling1D", {"pool_size": 3, "strides": 2}, [(2, 8, 2)], {}),
    ("max1d_same", "MaxPooling1D", {"pool_size": 2, "padding": "same"}, [(2, 5, 2)], {}),
    ("max2d_channels_first", "MaxPooling2D", {"pool_size": [2, 2], "data_format": "channels_first"}, [(2, 2, 4, 5)], {}),
    ("max3d", "MaxPooling3D", {"pool_size": [2, 1, 2]}, [(1, 4, 3, 4, 2)], {}),
    ("average1d", "AveragePooling1D", {"pool_size": 3, "strides": 1, "padding": "same"}, [(2, 6, 2)], {}),
    ("average2d_channels_first", "AveragePooling2D", {"pool_size": 2, "data_format": "channels_first"}, [(1, 2, 5, 4)], {}),
    ("average3d", "AveragePooling3D", {"pool_size": 2, "strides": 1}, [(1, 3, 3, 3, 2)], {}),
    ("global_average1d", "GlobalAveragePooling1D", {}, [(2, 5, 3)], {}),
    ("global_average1d_keepdims", "GlobalAveragePooling1D", {"keepdims": True}, [(2, 5, 3)], {}),
    ("global_average2d_channels_first", "GlobalAveragePooling2D", {"data_format": "channels_first"}, [(2, 3, 2, 2)], {}),
    ("global_average3d", "GlobalAveragePooling3D", {}, [(2, 2, 3, 2, 3)], {}),
    ("global_max1d", "GlobalMaxPooling1D", {"data_format": "channels_first"}, [(2, 3, 5)], {}),
    ("global_max2d_keepdims", "GlobalMaxPooling2D", {"keepdims": True}, [(2, 3, 4, 2)], {}),
    ("global_max3d", "GlobalMaxPooling3D", {}, [(2, 2, 3, 2, 3)], {}),
    ("adaptive_average1d", "AdaptiveAveragePooling1D", {"output_size": 3}, [(2, 8, 2)], {}),
    ("adaptive_average2d", "AdaptiveAveragePooling2D", {"output_size": [2, 3]}, [(2, 5, 7, 2)], {}),
    ("adaptive_average3d", "AdaptiveAveragePooling3D", {"output_size": 2}, [(1, 3, 5, 4, 2)], {}),
    ("adaptive_average1d_list", "AdaptiveAveragePooling1D", {"output_size": [3]}, [(2, 8, 2)], {}),
    ("adaptive_average2d_number", "AdaptiveAveragePooling2D", {"output_size": 2}, [(2, 5, 7, 2)], {}),
    ("adaptive_max3d_list", "AdaptiveMaxPooling3D", {"output_size": [2, 1, 4]}, [(1, 3, 5, 4, 2)], {}),
    ("adaptive_max1d", "AdaptiveMaxPooling1D", {"output_size": 3, "data_format": "channels_first"}, [(2, 2, 8)], {}),
    ("adaptive_max2d", "AdaptiveMaxPooling2D", {"output_size": [2, 3]}, [(2, 5, 7, 2)], {}),
    ("adaptive_max3d", "AdaptiveMaxPooling3D", {"output_size": 2}, [(1, 3, 5, 4, 2)], {}),
    ("global_average1d_mask", "GlobalAveragePooling1D", {}, [(3, 5, 3)], {"masks": [[5, 2, 3]]}),
]

RESHAPING = [
    ("up1d", "UpSampling1D", {"size": 3}, [(2, 3, 2)], {}),
    ("up2d", "UpSampling2D", {"size": [2, 3]}, [(2, 3, 2, 2)], {}),
    ("up2d_bilinear", "UpSampling2D", {"size": [2, 3], "interpolation": "bilinear"}, [(2, 3, 4, 2)], {}),
    ("up2d_bilinear_channels_first", "UpSampling2D", {"interpolation": "bilinear", "data_format": "channels_first"}, [(1, 2, 3, 3)], {}),
    ("up2d_bicubic", "UpSampling2D", {"size": 2, "interpolation": "bicubic"}, [(1, 4, 5, 2)], {}),
    ("up3d", "UpSampling3D", {"size": [1, 2, 2]}, [(1, 2, 2, 3, 2)], {}),
    ("up3d_channels_first", "UpSampling3D", {"data_format": "channels_first"}, [(1, 2, 2, 1, 2)], {}),
    ("pad1d", "ZeroPadding1D", {"padding": [2, 1]}, [(2, 3, 2)], {}),
    ("pad1d_channels_first", "ZeroPadding1D", {"data_format": "channels_first"}, [(2, 3, 2)], {}),
    ("pad2d", "ZeroPadding2D", {"padding": [[1, 0], [2, 1]]}, [(2, 3, 2, 2)], {}),
    ("pad2d_symmetric", "ZeroPadding2D", {"padding": [1, 2], "data_format": "channels_first"}, [(2, 2, 3, 2)], {}),
    ("pad3d", "ZeroPadding3D", {"padding": [[1, 0], [0, 1], [1, 1]]}, [(1, 2, 2, 2, 2)], {}),
    ("pad3d_one", "ZeroPadding3D", {"padding": 1, "data_format": "channels_first"}, [(1, 2, 2, 1, 2)], {}),
    ("crop1d", "Cropping1D", {"cropping": [1, 2]}, [(2, 6, 2)], {}),
    ("crop1d_one", "Cropping1D", {}, [(2, 5, 2)], {}),
    ("crop2d", "Cropping2D", {"cropping": [[1, 0], [1, 1]]}, [(2, 4, 5, 2)], {}),
    ("crop2d_one", "Cropping2D", {"cropping": 1, "data_format": "channels_first"}, [(1, 2, 4, 5)], {}),
    ("crop3d", "Cropping3D", {"cropping": [[1, 0], [0, 1], [1, 1]]}, [(1, 3, 3, 4, 2)], {}),
    ("crop3d_symmetric", "Cropping3D", {"cropping": [1, 0, 1], "data_format": "channels_first"}, [(1, 2, 3, 2, 4)], {}),
    ("permute", "Permute", {"dims": [2, 3, 1]}, [(2, 3, 4, 2)], {}),
    ("repeat_vector", "RepeatVector", {"n": 3}, [(2, 4)], {}),
    ("flatten_channels_first", "Flatten", {"data_format": "channels_first"}, [(2, 2, 3, 2)], {}),
    ("flatten_one", "Flatten", {}, [(3,)], {}),
    ("reshape_unknown", "Reshape", {"target_shape": [-1, 2, 3]}, [(2, 3, 4)], {}),
]

L2 = {"module": "keras.regularizers", "class_name": "L2", "config": {"l2": 0.1}, "registered_name": None}
REGULARIZATION = [
    ("dropout", "Dropout", {"rate": 0.4}, [(3, 8)], {"training": [True]}),
    ("dropout_noise_shape", "Dropout", {"rate": 0.4, "noise_shape": [None, 1, 4]}, [(3, 5, 4)], {"training": [True]}),
    ("spatial1d", "SpatialDropout1D", {"rate": 0.4}, [(3, 4, 5)], {"training": [False, True]}),
    ("spatial2d", "SpatialDropout2D", {"rate": 0.4, "seed": 5}, [(2, 3, 3, 4)], {"training": [True]}),
    ("spatial2d_channels_first", "SpatialDropout2D", {"rate": 0.4, "data_format": "channels_first"}, [(2, 5, 2, 3)], {"training": [True]}),
    ("spatial3d", "SpatialDropout3D", {"rate": 0.4}, [(2, 2, 2, 2, 5)], {"training": [True]}),
    ("gaussian_noise", "GaussianNoise", {"stddev": 0.3}, [(3, 6)], {"training": [False, True]}),
    ("gaussian_dropout", "GaussianDropout", {"rate": 0.3}, [(3, 6)], {"training": [False, True]}),
    ("alpha_dropout", "AlphaDropout", {"rate": 0.3}, [(3, 6)], {"training": [False, True]}),
    ("alpha_dropout_noise_shape", "AlphaDropout", {"rate": 0.3, "seed": 9, "noise_shape": [3, 1]}, [(3, 6)], {"training": [True]}),
    ("activity", "ActivityRegularization", {"l1": 0.1, "l2": 0.2}, [(3, 4)], {}),
    ("activity_dense", "Dense", {"units": 3, "activity_regularizer": L2}, [(3, 4)], {}),
    ("activity_conv2d", "Conv2D", {"filters": 2, "kernel_size": 2, "activation": "relu", "activity_regularizer": L2}, [(2, 3, 3, 2)], {}),
    ("activity_conv1d_transpose", "Conv1DTranspose", {"filters": 2, "kernel_size": 2, "activity_regularizer": L2}, [(2, 3, 2)], {}),
    ("activity_depthwise", "DepthwiseConv1D", {"kernel_size": 2, "activity_regularizer": L2}, [(2, 3, 2)], {}),
    ("activity_separable", "SeparableConv1D", {"filters": 3, "kernel_size": 2, "activity_regularizer": L2}, [(2, 3, 2)], {}),
    ("activity_einsum", "EinsumDense", {"equation": "abc,cd->abd", "output_shape": [3, 2], "activity_regularizer": L2}, [(2, 3, 4)], {}),
    ("activity_embedding", "Embedding", {"input_dim": 5, "output_dim": 2, "activity_regularizer": L2}, [("int", (2, 3), 5)], {}),
    ("activity_lstm", "LSTM", {"units": 2, "activity_regularizer": L2}, [(2, 3, 2)], {}),
    ("activity_heads", "MultiHeadAttention", {"num_heads": 2, "key_dim": 2, "activity_regularizer": L2}, [(2, 3, 4), (2, 5, 4)], {"arguments": NAMES}),
    ("activity_grouped", "GroupQueryAttention", {"head_dim": 2, "num_query_heads": 2, "num_key_value_heads": 1, "activity_regularizer": L2}, [(2, 3, 4), (2, 5, 4)], {"arguments": NAMES}),
]

ACTIVATIONS = [
    ("prelu", "PReLU", {}, [(3, 6)], {}),
    ("prelu_shared", "PReLU", {"shared_axes": [1, 2]}, [(2, 3, 4, 2)], {}),
    ("leaky_relu", "LeakyReLU", {"negative_slope": 0.1}, [(3, 6)], {}),
    ("elu", "ELU", {"alpha": 0.7}, [(3, 6)], {}),
    ("relu", "ReLU", {"max_value": 1.0, "negative_slope": 0.2, "threshold": 0.1}, [(3, 9)], {}),
    ("relu_plain", "ReLU", {}, [(3, 6)], {}),
    ("softmax", "Softmax", {"axis": 1}, [(2, 3, 4)], {}),
    ("softmax_axes", "Softmax", {"axis": [1, 2]}, [(2, 3, 4)], {}),
] + [("activation_" + a, "Activation", {"activation": a}, [(3, 7)], {}) for a in (
    "hard_tanh", "hard_silu", "hard_shrink", "soft_shrink", "tanh_shrink", "log_sigmoid", "celu", "squareplus", "sparse_plus",
    "sparse_sigmoid", "swish", "hard_swish")] + [
    ("activation_sparsemax", "Activation", {"activation": "sparsemax"}, [(3, 5)], {}),
]

NORMALIZATION = [
    ("batch_axis1", "BatchNormalization", {"axis": 1, "scale": False}, [(3, 2, 3, 2)], {"training": [False, True]}),
    ("batch_no_center", "BatchNormalization", {"center": False}, [(5, 3)], {"training": [True]}),
    ("layer", "LayerNormalization", {}, [(3, 6)], {}),
    ("layer_axes", "LayerNormalization", {"axis": [1, 2], "center": False}, [(2, 3, 4)], {}),
    ("layer_axis1", "LayerNormalization", {"axis": 1, "scale": False}, [(2, 3, 4)], {}),
    ("group", "GroupNormalization", {"groups": 2}, [(2, 3, 3, 4)], {}),
    ("group_instance", "GroupNormalization", {"groups": -1, "epsilon": 1e-5}, [(2, 4, 3)], {}),
    ("group_axis1", "GroupNormalization", {"groups": 3, "axis": 1, "center": False}, [(2, 6, 4)], {}),
    ("unit", "UnitNormalization", {}, [(3, 5)], {}),
    ("unit_axes", "UnitNormalization", {"axis": [1, 2]}, [(2, 3, 4)], {}),
    ("rms", "RMSNormalization", {}, [(3, 5)], {}),
    ("rms_axes", "RMSNormalization", {"axis": [1, 2], "epsilon": 1e-3}, [(2, 3, 4)], {}),
]

PREPROCESSING = [
    ("rescaling", "Rescaling", {"scale": 0.1, "offset": -1.0}, [(2, 3)], {}),
    ("rescaling_list", "Rescaling", {"scale": [0.1, 2.0, 3.0], "offset": [0.0, 1.0, 2.0]}, [(2, 3)], {}),
    ("rescaling_int", "Rescaling", {"scale": 0.1, "offset": 0.0}, [("int", (2, 3), 256)], {}),
    ("normalization", "Normalization", {}, [(4, 3)], {}),
    ("normalization_given", "Normalization", {"mean": [1.0, 2.0, 0.5], "variance": [4.0, 1.0, 0.25]}, [(4, 3)], {}),
    ("normalization_scalar", "Normalization", {"axis": None, "mean": 1.5, "variance": 4.0}, [(4, 3)], {}),
    ("normalization_invert", "Normalization", {"axis": 1, "invert": True}, [(3, 2, 4)], {}),
    ("category_multi_hot", "CategoryEncoding", {"num_tokens": 5}, [("int", (3, 4), 5)], {}),
    ("category_one_hot", "CategoryEncoding", {"num_tokens": 5, "output_mode": "one_hot"}, [("int", (6,), 5)], {}),
    ("category_one_hot_column", "CategoryEncoding", {"num_tokens": 5, "output_mode": "one_hot"}, [("int", (6, 1), 5)], {}),
    ("category_count", "CategoryEncoding", {"num_tokens": 4, "output_mode": "count"}, [("int", (3, 6), 4)], {}),
    ("resizing", "Resizing", {"height": 4, "width": 7}, [(2, 3, 5, 2)], {}),
    ("resizing_nearest", "Resizing", {"height": 5, "width": 3, "interpolation": "nearest"}, [(1, 3, 4, 2)], {}),
    ("resizing_down", "Resizing", {"height": 3, "width": 2}, [(1, 7, 6, 2)], {}),
    ("resizing_crop", "Resizing", {"height": 3, "width": 5, "crop_to_aspect_ratio": True}, [(1, 8, 6, 1)], {}),
    ("resizing_pad", "Resizing", {"height": 3, "width": 5, "pad_to_aspect_ratio": True, "fill_value": 0.5}, [(1, 8, 6, 1)], {}),
]

CORE = [
    ("einsum_dense", "EinsumDense", {"equation": "ab,bc->ac", "output_shape": 4, "bias_axes": "c"}, [(3, 5)], {}),
    ("einsum_dense_heads", "EinsumDense", {"equation": "abc,cde->abde", "output_shape": [None, 2, 3], "bias_axes": "de", "activation": "relu"}, [(2, 3, 4)], {}),
    ("einsum_dense_combine", "EinsumDense", {"equation": "abcd,cde->abe", "output_shape": [None, 4], "bias_axes": "e"}, [(2, 3, 2, 3)], {}),
    ("einsum_dense_ellipsis", "EinsumDense", {"equation": "...x,xy->...y", "output_shape": 4, "bias_axes": "y"}, [(2, 3, 5)], {}),
    ("einsum_dense_last", "EinsumDense", {"equation": "abc,cb->ab", "output_shape": [3]}, [(2, 3, 4)], {}),
    ("identity", "Identity", {}, [(2, 3)], {}),
    ("embedding", "Embedding", {"input_dim": 7, "output_dim": 3}, [("int", (2, 4), 7)], {}),
    ("dense", "Dense", {"units": 3, "activation": "gelu"}, [(2, 4)], {}),
]

def obj(cls, **config):
    return {"module": "keras.layers", "class_name": cls, "config": config, "registered_name": None}


RNN = [
    ("simple", "SimpleRNN", {"units": 3}, [(2, 4, 3)], {}),
    ("simple_sequences_state", "SimpleRNN", {"units": 3, "return_sequences": True, "return_state": True, "activation": "relu", "use_bias": False}, [(2, 4, 3)], {}),
    ("simple_backwards_mask", "SimpleRNN", {"units": 3, "go_backwards": True, "return_sequences": True}, [(2, 4, 3)], {"masks": [[3, 1]]}),
    ("simple_dropout", "SimpleRNN", {"units": 3, "dropout": 0.3, "recurrent_dropout": 0.2, "seed": 3}, [(2, 4, 3)], {"training": [False, True]}),
    ("lstm", "LSTM", {"units": 4}, [(2, 5, 3)], {}),
    ("lstm_sequences", "LSTM", {"units": 3, "return_sequences": True, "unit_forget_bias": False, "recurrent_activation": "hard_sigmoid"}, [(2, 5, 3)], {}),
    ("lstm_state_backwards", "LSTM", {"units": 3, "return_state": True, "go_backwards": True}, [(2, 5, 3)], {}),
    ("lstm_initial_state", "LSTM", {"units": 3, "return_sequences": True}, [(2, 4, 3)], {"states": [(2, 3), (2, 3)]}),
    ("lstm_mask", "LSTM", {"units": 3, "return_sequences": True, "return_state": True}, [(3, 5, 2)], {"masks": [[5, 2, 3]]}),
    ("lstm_mask_zero", "LSTM", {"units": 3, "return_sequences": True, "zero_output_for_mask": True}, [(2, 4, 2)], {"masks": [[4, 2]]}),
    ("lstm_mask_last", "LSTM", {"units": 3}, [(2, 4, 2)], {"masks": [[4, 2]]}),
    ("lstm_unroll", "LSTM", {"units": 3, "unroll": True, "return_sequences": True}, [(2, 3, 2)], {}),
    ("lstm_dropout", "LSTM", {"units": 4, "dropout": 0.3}, [(2, 4, 5)], {"training": [False, True]}),
    ("lstm_recurrent_dropout", "LSTM", {"units": 4, "dropout": 0.3, "recurrent_dropout": 0.4, "seed": 11}, [(2, 4, 5)], {"training": [True]}),
    ("gru", "GRU", {"units": 3}, [(2, 5, 3)], {}),
    ("gru_reset_before", "GRU", {"units": 3, "reset_after": False, "return_sequences": True}, [(2, 5, 3)], {}),
    ("gru_no_bias", "GRU", {"units": 3, "use_bias": False, "return_state": True}, [(2, 4, 3)], {}),
    ("gru_mask_backwards", "GRU", {"units": 3, "go_backwards": True, "return_sequences": True, "return_state": True}, [(2, 5, 2)], {"masks": [[3, 5]]}),
    ("gru_dropout", "GRU", {"units": 4, "dropout": 0.3, "recurrent_dropout": 0.4}, [(2, 4, 5)], {"training": [True]}),
    ("gru_dropout_reset_before", "GRU", {"units": 4, "reset_after": False, "recurrent_dropout": 0.4}, [(2, 4, 5)], {"training": [True]}),
    ("rnn_of_cell", "RNN", {"cell": obj("LSTMCell", units=3), "return_sequences": True}, [(2, 4, 2)], {}),
    ("rnn_stacked", "RNN", {"cell": obj("StackedRNNCells", cells=[obj("GRUCell", units=3), obj("LSTMCell", units=2)]), "return_sequences": True}, [(2, 4, 2)], {}),
    ("rnn_stacked_dropout", "RNN", {"cell": obj("StackedRNNCells", cells=[obj("LSTMCell", units=3, dropout=0.3), obj("SimpleRNNCell", units=2, recurrent_dropout=0.3)])}, [(2, 4, 2)], {"training": [True]}),
    ("rnn_stacked_mask", "RNN", {"cell": obj("StackedRNNCells", cells=[obj("LSTMCell", units=3), obj("LSTMCell", units=2)]), "return_sequences": True}, [(2, 4, 2)], {"masks": [[4, 2]]}),
    ("bidirectional", "Bidirectional", {"layer": obj("LSTM", units=3)}, [(2, 4, 2)], {}),
    ("bidirectional_sequences_mask", "Bidirectional", {"layer": obj("GRU", units=3, return_sequences=True)}, [(2, 4, 2)], {"masks": [[4, 2]]}),
    ("bidirectional_sum", "Bidirectional", {"layer": obj("SimpleRNN", units=3, return_sequences=True), "merge_mode": "sum"}, [(2, 4, 2)], {}),
    ("bidirectional_mul", "Bidirectional", {"layer": obj("SimpleRNN", units=3), "merge_mode": "mul"}, [(2, 4, 2)], {}),
    ("bidirectional_ave_state", "Bidirectional", {"layer": obj("LSTM", units=3, return_state=True), "merge_mode": "ave"}, [(2, 4, 2)], {}),
    ("bidirectional_none", "Bidirectional", {"layer": obj("GRU", units=2, return_sequences=True), "merge_mode": None}, [(2, 4, 2)], {}),
    ("bidirectional_backward", "Bidirectional", {"layer": obj("GRU", units=2), "backward_layer": obj("LSTM", units=3, go_backwards=True)}, [(2, 4, 2)], {}),
    ("time_distributed", "TimeDistributed", {"layer": obj("Dense", units=3, activation="relu")}, [(2, 4, 3)], {}),
    ("time_distributed_conv", "TimeDistributed", {"layer": obj("Conv1D", filters=2, kernel_size=2)}, [(2, 3, 4, 2)], {}),
    ("time_distributed_norm", "TimeDistributed", {"layer": obj("BatchNormalization")}, [(3, 2, 2)], {"training": [False, True]}),
    ("time_distributed_dropout", "TimeDistributed", {"layer": obj("Dropout", rate=0.4)}, [(2, 3, 4)], {"training": [True]}),
]

ATTENTION = [
    ("attention", "Attention", {}, [(2, 3, 4), (2, 5, 4)], {}),
    ("attention_key_scale", "Attention", {"use_scale": True}, [(2, 3, 4), (2, 5, 2), (2, 5, 4)], {}),
    ("attention_concat", "Attention", {"use_scale": True, "score_mode": "concat"}, [(2, 3, 4), (2, 5, 4)], {}),
    ("attention_masks", "Attention", {}, [(2, 3, 4), (2, 5, 4)], {"masks": [[3, 2], [4, 5]]}),
    ("attention_causal", "Attention", {}, [(2, 4, 3), (2, 4, 3)], {"call": {"use_causal_mask": True, "return_attention_scores": True}}),
    ("attention_dropout", "Attention", {"dropout": 0.4}, [(2, 3, 4), (2, 5, 4)], {"training": [False, True]}),
    ("additive", "AdditiveAttention", {}, [(2, 3, 4), (2, 5, 4)], {}),
    ("additive_plain_masks", "AdditiveAttention", {"use_scale": False}, [(2, 3, 4), (2, 5, 4)], {"masks": [None, [4, 2]]}),
    ("heads", "MultiHeadAttention", {"num_heads": 2, "key_dim": 3}, [(2, 3, 4), (2, 5, 4)], {"arguments": NAMES}),
    ("heads_key_value_dim", "MultiHeadAttention", {"num_heads": 2, "key_dim": 3, "value_dim": 2, "output_shape": 5, "use_bias": False}, [(2, 3, 4), (2, 5, 2), (2, 5, 3)], {"arguments": NAMES, "call": {"return_attention_scores": True}}),
    ("heads_scores_mask", "MultiHeadAttention", {"num_heads": 2, "key_dim": 2}, [(2, 3, 4), (2, 4, 4)], {"arguments": NAMES, "masks": [None, [4, 2]], "call": {"return_attention_scores": True}}),
    ("heads_causal", "MultiHeadAttention", {"num_heads": 2, "key_dim": 2}, [(2, 4, 4), (2, 4, 4)], {"arguments": NAMES, "call": {"use_causal_mask": True}}),
    ("heads_value_mask_causal", "MultiHeadAttention", {"num_heads": 2, "key_dim": 2}, [(2, 4, 4), (2, 4, 4)], {"arguments": NAMES, "masks": [None, [3, 4]], "call": {"use_causal_mask": True}}),
    ("heads_window_gate", "MultiHeadAttention", {"num_heads": 2, "key_dim": 2, "sliding_window": 2, "use_gate": True}, [(2, 4, 3), (2, 4, 3)], {"arguments": NAMES}),
    ("heads_dropout", "MultiHeadAttention", {"num_heads": 2, "key_dim": 2, "dropout": 0.4}, [(2, 3, 4), (2, 3, 4)], {"arguments": NAMES, "training": [False, True]}),
    ("heads_axes", "MultiHeadAttention", {"num_heads": 2, "key_dim": 2, "attention_axes": [2]}, [(1, 2, 3, 4), (1, 2, 3, 4)], {"arguments": NAMES}),
    ("heads_two_axes", "MultiHeadAttention", {"num_heads": 2, "key_dim": 2}, [(1, 2, 3, 4), (1, 2, 2, 4)], {"arguments": NAMES}),
    ("grouped", "GroupQueryAttention", {"head_dim": 2, "num_query_heads": 4, "num_key_value_heads": 2}, [(2, 3, 4), (2, 5, 4)], {"arguments": NAMES}),
    ("grouped_mask_scores", "GroupQueryAttention", {"head_dim": 2, "num_query_heads": 2, "num_key_value_heads": 1, "use_gate": True, "sliding_window": 3}, [(2, 4, 4), (2, 4, 4)], {"arguments": NAMES, "masks": [None, [4, 2]], "call": {"return_attention_scores": True}}),
]

FAMILIES = {
    "merging": MERGING, "convolutional": CONVOLUTIONAL, "pooling": POOLING, "reshaping": RESHAPING, "regularization": REGULARIZATION,
    "activations": ACTIVATIONS, "normalization": NORMALIZATION, "preprocessing": PREPROCESSING, "core": CORE, "rnn": RNN, "attention": ATTENTION,
}
