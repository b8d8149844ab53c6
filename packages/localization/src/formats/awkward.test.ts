/** Files of the largest size that is read, of shapes that make careless patterns go back and forth: all are done in a second. */
import { describe, expect, it } from 'vitest';
import { reasonOf } from './annotated-set.js';
import { cocoReader, parseCoco } from './coco-document.js';
import { parseCsvFile } from './csv-file.js';
import { parseDataYaml } from './data-yaml.js';
import { parseAnnotation } from './voc-annotation.js';
import { parseLabels } from './yolo-label.js';

const MEBIBYTE = 2 ** 20;
const repeat = (text: string, bytes = MEBIBYTE) => text.repeat(bytes / text.length);

const LONG: Record<string, string> = {
  digits: `${repeat('1')}x`,
  spaces: `a${repeat(' ')}x`,
  slashes: `${repeat('/')}x`,
  quotes: `"${repeat('\\"')}`,
  apostrophes: `'${repeat("''")}x`,
  brackets: repeat('['),
  colons: repeat('a:'),
  commas: repeat(','),
  lines: repeat('\n-'),
  commented: repeat(' #'),
};

function readCocoText(text: string): unknown {
  const reader = cocoReader();
  reader.write(Buffer.from(text));
  return parseCoco(reader.end());
}

describe.each(Object.entries(LONG))('%s', (_name, text) => {
  it.each<[string, (text: string) => unknown]>([
    ['VOC text', (long) => parseAnnotation(`<annotation><object><name>${long}</name></object></annotation>`)],
    ['VOC number', (long) => parseAnnotation(`<annotation><size><width>${long}</width></size></annotation>`)],
    ['VOC file', parseAnnotation],
    ['VOC attribute', (long) => parseAnnotation(`<annotation a="${long}"></annotation>`)],
    ['COCO file', readCocoText],
    ['COCO text', (long) => readCocoText(`{"images": ["${long}`)],
    ['COCO name', (long) => readCocoText(`{"images": [{"file_name": "${long}"}]}`)],
    ['COCO number', (long) => readCocoText(`{"images": [{"id": ${long}}]}`)],
    ['COCO member', (long) => readCocoText(`{"images": [{"${long}": 1}]}`)],
    ['YOLO label', (long) => parseLabels(long, { classes: undefined, isPose: false })],
    ['YOLO number', (long) => parseLabels(`0 0.5 0.5 0.5 ${long}`, { classes: ['a'], isPose: false })],
    // data.yaml may have a quarter of that.
    ['YAML value', (long) => parseDataYaml('data.yaml', `names: [${long.slice(0, MEBIBYTE / 4)}]`)],
    ['YAML file', (long) => parseDataYaml('data.yaml', long.slice(0, MEBIBYTE / 4))],
    ['YAML item', (long) => parseDataYaml('data.yaml', `names:\n  - ${long.slice(0, MEBIBYTE / 4)}`)],
    ['CSV header', (long) => parseCsvFile(long, 'a.csv')],
    ['CSV number', (long) => parseCsvFile(`path,class,x1,y1,x2,y2\na,b,1,2,3,${long}`, 'a.csv')],
  ])('as %s', (_place, parse) => {
    const begin = performance.now();
    try {
      parse(text);
    } catch (error) {
      expect((error as Error).constructor.name).toBe('Error');
      expect(reasonOf(error).length).toBeLessThan(1000);
    }
    expect(performance.now() - begin).toBeLessThan(1000);
  });
});
