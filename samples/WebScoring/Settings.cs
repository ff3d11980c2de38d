namespace WebScoring;

/// <summary>What the command line asks for.</summary>
/// <param name="ModelPath">The model: a zip that ML.NET saved, or an ONNX file.</param>
/// <param name="Urls">Where to listen, separated by semicolons; null: as ASP.NET Core is configured.</param>
/// <param name="MaxBatchSize">Images that are scored at once.</param>
/// <param name="Threads">CPU threads that score; null: one for each processor.</param>
/// <param name="Limits">What a request may ask for.</param>
internal sealed record Settings(string ModelPath, string? Urls, int MaxBatchSize, int? Threads, Limits Limits);
