// Files that the house gives out, saved on this machine. With a key a plain link would not do: it shows none.
import { ask } from './house';

/** Fetches a file and hands it to the browser to save. */
export async function download(path: string, key: string | null, name: string): Promise<void> {
  const blob = await (await ask('GET', path, key)).blob();
  const url = URL.createObjectURL(blob);
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
  // The browser has the file by then; what it has not taken yet it takes in the next moments.
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}
