import { open, readdir, realpath, rename, rm, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";

/** So that two writes of one file by this process do not share a temporary file. */
let writes = 0;

/** See `Platform.writeFileAtomic`. */
export async function writeFileAtomic(path: string, content: Uint8Array | string): Promise<void> {
  // a link stays a link: what it leads to is replaced
  const target = await realpath(path).catch(() => path);
  const temporary = `${target}.${process.pid}-${writes++}.tmp`;
  try {
    const mode = await stat(target).then(
      (found) => found.mode & 0o777,
      () => undefined,
    );
    const file = await open(temporary, "wx");
    try {
      if (mode !== undefined) await file.chmod(mode);
      await file.writeFile(content);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, target);
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => {});
    throw new Error(`${path} could not be written: ${reason(error)}`, { cause: error });
  }
  await flushFolder(dirname(target));
  await removeLeftovers(target);
}

/** The rename is on the disk only when the folder is. Not every system can flush folders. */
async function flushFolder(folder: string): Promise<void> {
  try {
    const handle = await open(folder, "r");
    try {
      await handle.sync();
    } finally {
      await handle.close();
    }
  } catch {
    // the file itself is flushed
  }
}

/** Takes away what killed processes have left of their writes of this file. */
async function removeLeftovers(target: string): Promise<void> {
  const prefix = `${basename(target)}.`;
  const names = await readdir(dirname(target)).catch(() => []);
  for (const name of names) {
    const owner = name.startsWith(prefix) && /^(\d+)-\d+\.tmp$/.exec(name.slice(prefix.length));
    if (owner && !isRunning(Number(owner[1])))
      await rm(join(dirname(target), name), { force: true }).catch(() => {});
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== "ESRCH";
  }
}

const REASONS: Readonly<Record<string, string>> = {
  ENOSPC: "the disk is full. Free some space, or name another folder.",
  EDQUOT: "the disk quota is used up. Free some space, or name another folder.",
  EFBIG: "files of this size are not allowed here. Name another folder.",
  ENOENT: "its folder does not exist. Make the folder first.",
  ENOTDIR: "a part of its path is a file, not a folder. Name another folder.",
  EISDIR: "there is a folder of this name. Name another file.",
  EACCES: "permission denied. Name a folder that you may write to.",
  EPERM: "permission denied. Name a folder that you may write to.",
  EROFS: "the disk is read-only. Name another folder.",
};

function reason(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  return REASONS[code ?? ""] ?? `${message}.`;
}
