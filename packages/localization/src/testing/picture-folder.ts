/** Small folders of pictures in the formats of other tools, for tests. */
import { markedPicture, type TestFolder, testFolder } from './voc-folder.js';

/** Writes these files; a name that ends like a picture gets one of 40 x 30, bright in [10, 5, 30, 25]. Say the content of others. */
export async function folderOf(files: Readonly<Record<string, string | Uint8Array>>): Promise<TestFolder> {
  const folder = await testFolder();
  const jpeg = await markedPicture(40, 30, [10, 5, 30, 25]).jpeg().toBuffer();
  for (const [name, content] of Object.entries(files)) await folder.write(name, content === PICTURE ? jpeg : content);
  return folder;
}

export const PICTURE = 'a picture';

export interface CocoParts {
  images?: unknown[];
  annotations?: unknown[];
  categories?: unknown[];
}

/** One image a.jpg of class "card", its box [10, 5, 30, 25], unless told otherwise. */
export function cocoJson(parts: CocoParts = {}): string {
  return JSON.stringify({
    images: [{ id: 1, file_name: 'a.jpg', width: 40, height: 30 }],
    annotations: [cocoAnnotation()],
    categories: [{ id: 1, name: 'card' }],
    ...parts,
  });
}

export function cocoAnnotation(parts: Record<string, unknown> = {}) {
  return { id: 1, image_id: 1, category_id: 1, bbox: [10, 5, 20, 20], iscrowd: 0, ...parts };
}
