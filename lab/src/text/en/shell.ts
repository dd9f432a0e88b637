/** The frame of the page: buttons, menus, messages. */
export const shell = {
  title: "Deep learning lab",
};
