import { EngineError } from './error.js';
import { elementTypes, type TensorInfo, type TensorView } from './tensor.js';

/** Checks that the given memory is exactly what the model declares, before native code gets its address. */
export function checkTensors(
  kind: 'input' | 'output',
  infos: readonly TensorInfo[],
  tensors: Readonly<Record<string, TensorView>>,
): void {
  for (const name of Object.keys(tensors)) {
    if (!infos.some((info) => info.name === name)) {
      const names = infos.map((info) => `"${info.name}"`).join(', ') || 'none';
      throw invalid(`${kind} "${name}" is not in the model, which has ${names}`);
    }
  }
  for (const info of infos) {
    const tensor = tensors[info.name];
    if (!tensor) throw invalid(`${kind} "${info.name}" is not bound; it needs the shape [${info.shape}]`);
    checkTensor(`${kind} "${info.name}"`, info, tensor);
  }
}

function checkTensor(subject: string, info: TensorInfo, { data, shape }: TensorView): void {
  const { array } = elementTypes[info.type];
  if (!(data instanceof array)) {
    const got = Object.prototype.toString.call(data).slice(8, -1);
    throw invalid(`${subject} is ${info.type} and must be a ${array.name}, got ${got}`);
  }
  if ('resizable' in data.buffer && data.buffer.resizable) {
    throw invalid(`${subject} must not lie in a resizable buffer: native code keeps its address`);
  }
  const fits =
    shape.length === info.shape.length &&
    info.shape.every((declared, i) => (declared === -1 ? isSize(shape[i]) : declared === shape[i]));
  if (!fits) throw invalid(`${subject} must have the shape [${info.shape}], got [${shape}]`);
  const elements = shape.reduce((product, size) => product * size, 1);
  if (data.length !== elements) {
    throw invalid(`${subject} of shape [${shape}] needs ${elements} elements, got ${data.length}`);
  }
}

function isSize(size: number | undefined): boolean {
  return Number.isSafeInteger(size) && Number(size) >= 0;
}

function invalid(message: string): EngineError {
  return new EngineError('invalid-argument', message);
}
