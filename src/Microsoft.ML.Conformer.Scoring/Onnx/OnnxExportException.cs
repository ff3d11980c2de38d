namespace Microsoft.ML.Conformer;

/// <summary>
/// A network cannot be written as an ONNX file: tensors are missing, have another shape than the network's, or hold values that are not
/// finite or beyond the file's precision. The message names every tensor concerned. Thrown by
/// <see cref="ImageClassifierTransformer.SaveAsOnnx(string, OnnxExportOptions)"/>, where training diverged or a file was altered; nothing
/// is written then.
/// </summary>
/// <param name="message">What is wrong, tensor by tensor.</param>
public sealed class OnnxExportException(string message) : InvalidOperationException(message);
