import { platform } from "#platform";

/** Makes the folder that a file is to be in. */
export async function makeFolderFor(path: string): Promise<void> {
  const folder = /^(.*)[/\\]/.exec(path)?.[1];
  if (folder) await platform.makeFolder(folder);
}
