import "./style/tokens.css";
import { text } from "./text/index.js";

const heading = document.createElement("h1");
heading.textContent = text.shell.title;
document.getElementById("lab")?.append(heading);
