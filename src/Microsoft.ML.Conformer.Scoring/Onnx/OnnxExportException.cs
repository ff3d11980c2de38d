namespace Microsoft.ML.Conformer;

/// <summary>A network cannot be written as ONNX: the message names every tensor that is missing, misshapen or not finite.</summary>
public sealed class OnnxExportException(string message) : InvalidOperationException(message);
