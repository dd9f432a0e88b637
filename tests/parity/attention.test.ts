import { golden } from "./golden.js";
import { type LayerCase, layerBattery } from "./layerBattery.js";

layerBattery(golden<{ readonly cases: readonly LayerCase[] }>("layers/attention").cases);
