import { emitPooledProduct } from "../product/emitPooledProduct.js";
import type { Emitters } from "./index.js";
import {
  emitReduceWindowMax,
  emitReduceWindowMaxGather,
  emitReduceWindowMaxScatter,
  emitReduceWindowSum,
} from "./window.js";
import { emitConvOfWinners } from "./winners.js";
import { emitKernelGradientOfWinners } from "./winnersGradient.js";

/** What programs with poolings need besides. */
export const poolingEmitters: Emitters = {
  conv_kernel_gradient_of_winners: emitKernelGradientOfWinners,
  conv_of_winners: emitConvOfWinners,
  pooled_product: emitPooledProduct,
  reduce_window_max: emitReduceWindowMax,
  reduce_window_max_gather: emitReduceWindowMaxGather,
  reduce_window_max_scatter: emitReduceWindowMaxScatter,
  reduce_window_sum: emitReduceWindowSum,
};
