namespace Microsoft.ML.Conformer.Onnx;

/// <summary>A network cannot be written as ONNX: the message names every tensor that is missing, misshapen or not finite.</summary>
internal sealed class OnnxExportException(string message) : InvalidOperationException(message);
