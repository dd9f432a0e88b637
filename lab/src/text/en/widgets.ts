/** What the interactive pieces in `src/widgets` say, one entry for each of them. */
export const widgets = {};
