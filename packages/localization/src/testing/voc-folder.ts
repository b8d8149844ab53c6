/** Small Pascal VOC folders for tests. */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import sharp, { type Sharp } from 'sharp';

export interface TestFolder {
  readonly path: string;
  write(name: string, content: string | Uint8Array): Promise<void>;
  remove(): Promise<void>;
}

export async function testFolder(): Promise<TestFolder> {
  const path = await mkdtemp(join(tmpdir(), 'counterpoise-'));
  return {
    path,
    async write(name, content) {
      await mkdir(dirname(join(path, name)), { recursive: true });
      await writeFile(join(path, name), content);
    },
    remove: () => rm(path, { recursive: true, force: true }),
  };
}

/** A folder with the sound item "good": a 40 x 30 JPEG, class "card", VOC box 11, 6, 30, 25. */
export async function vocFolder(): Promise<TestFolder> {
  const folder = await testFolder();
  await folder.write('Annotations/good.xml', annotationXml({ filename: 'good.jpg' }));
  await folder.write('JPEGImages/good.jpg', await markedPicture(40, 30, [10, 5, 30, 25]).jpeg().toBuffer());
  return folder;
}

/** A dark picture with a bright rectangle, [x1, y1, x2, y2] in continuous pixels. */
export function markedPicture(width: number, height: number, [x1, y1, x2, y2]: readonly number[]): Sharp {
  const pixels = new Uint8Array(width * height * 3).fill(20);
  for (let y = y1!; y < y2!; y++) pixels.fill(230, (y * width + x1!) * 3, (y * width + x2!) * 3);
  return sharp(pixels, { raw: { width, height, channels: 3 } });
}

export function annotationXml({
  filename = '',
  width = 40,
  height = 30,
  objects = [objectXml()],
}: {
  filename?: string;
  width?: number;
  height?: number;
  objects?: string[];
}): string {
  const size = `<size><width>${width}</width><height>${height}</height><depth>3</depth></size>`;
  return `<annotation><filename>${filename}</filename>${size}${objects.join('')}</annotation>`;
}

export function objectXml(name = 'card', box: readonly (number | string)[] = [11, 6, 30, 25]): string {
  const [xmin, ymin, xmax, ymax] = box;
  const bndbox = `<xmin>${xmin}</xmin><ymin>${ymin}</ymin><xmax>${xmax}</xmax><ymax>${ymax}</ymax>`;
  return `<object><name>${name}</name><bndbox>${bndbox}</bndbox></object>`;
}
