import { expect, test } from 'vitest';
import { plain } from './status.js';

test.each([
  [
    "Non-zero status code returned while running Add node. Name:'y' Status Message: /src/core/providers/element_wise_ops.h:563 void onnxruntime::BroadcastIterator::Init(ptrdiff_t, ptrdiff_t) axis == 1 was false. 3 by 4",
    'Add "y": axis == 1 was false. 3 by 4',
  ],
  [
    "Non-zero status code returned while running Conv node. Name:'' Status Message: /src/op_kernel.cc:83 virtual OrtValue* K::Output(int, const Shape&) const [ONNXRuntimeError] : 2 : INVALID_ARGUMENT : bad\n shape\n",
    'Conv "": bad shape',
  ],
  ['Load model failed:\nprotobuf parsing failed.', 'Load model failed: protobuf parsing failed.'],
  ['Error No Op registered for Nope (domain 17)', 'Error No Op registered for Nope (domain 17)'],
])('says in one plain line what ONNX Runtime said', (message, expected) => {
  expect(plain(message)).toBe(expected);
});
