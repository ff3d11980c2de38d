namespace Microsoft.ML.Conformer;

/// <summary>An image that training or an evaluation left out because it could not be used.</summary>
/// <param name="Role">Which images it belongs to: training, validation or evaluation.</param>
/// <param name="Row">Its row in the data view, from 0.</param>
/// <param name="Path">Its file, where the data tells; otherwise null.</param>
/// <param name="ClassName">Its label; empty of an image whose objects have labels.</param>
/// <param name="Reason">What is wrong with it, a sentence.</param>
public sealed record SkippedImage(string Role, long Row, string? Path, string ClassName, string Reason);
