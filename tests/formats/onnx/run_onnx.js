// Runs ONNX files with ONNX Runtime: `node run_onnx.js FOLDER` reads FOLDER/cases.json, a list of
// {file, inputs: {name: {type, dims, values}}}, and writes FOLDER/answers.json, of each case its outputs in
// the same form, or {error}.
const fs = require('fs');
const path = require('path');
const runtime = require('onnxruntime-node');

const arrays = {float32: Float32Array, float64: Float64Array, uint8: Uint8Array, int8: Int8Array,
                int32: Int32Array, uint16: Uint16Array, int16: Int16Array, bool: Uint8Array};

async function answer(folder, {file, inputs}) {
  try {
    const session = await runtime.InferenceSession.create(path.join(folder, file), {graphOptimizationLevel: 'disabled', logSeverityLevel: 4});
    const feeds = {};
    for (const [name, {type, dims, values}] of Object.entries(inputs))
      feeds[name] = new runtime.Tensor(type, arrays[type].from(values), dims);
    const outputs = {};
    for (const [name, tensor] of Object.entries(await session.run(feeds)))
      outputs[name] = {dims: tensor.dims, values: Array.from(tensor.data, Number)};
    return {outputs};
  } catch (error) {
    return {error: String(error.message || error)};
  }
}

async function main(folder) {
  const answers = [];
  for (const one of JSON.parse(fs.readFileSync(path.join(folder, 'cases.json')))) answers.push(await answer(folder, one));
  fs.writeFileSync(path.join(folder, 'answers.json'), JSON.stringify(answers));
}

main(process.argv[2]);
