namespace Microsoft.ML.Conformer.Onnx.Sessions;

/// <summary>An output of a graph, float numbers for each image.</summary>
/// <param name="Name">Its name in the graph.</param>
/// <param name="Shape">Its shape for one image, without the batch: [C] for class probabilities.</param>
internal sealed record OnnxOutput(string Name, IReadOnlyList<int> Shape)
{
    public int Length { get; } = Shape.Aggregate(1, (length, size) => checked(length * size));
}
