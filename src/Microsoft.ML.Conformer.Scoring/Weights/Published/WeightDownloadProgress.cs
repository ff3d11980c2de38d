namespace Microsoft.ML.Conformer;

/// <summary>How far a download of published weights is.</summary>
/// <param name="FileName">The file.</param>
/// <param name="BytesReceived">Bytes that are on this machine, those of an earlier, interrupted download included.</param>
/// <param name="TotalBytes">The file's length in bytes, or null where the server does not tell.</param>
public readonly record struct WeightDownloadProgress(string FileName, long BytesReceived, long? TotalBytes);
