namespace Microsoft.ML.Conformer.Detection.Onnx;

/// <summary>
/// Averages a map to a number of parts that need not divide its sides, as torch's adaptive pooling does: part i of s goes from the place
/// i side / s, rounded down, to (i + 1) side / s, rounded up. No standard operator does it; a product with a matrix does.
/// </summary>
internal sealed class AveragingMatrix(GraphBuilder graph)
{
    /// <summary>A map, [N, channels, H, W], averaged to [N, channels, scale, scale].</summary>
    /// <param name="name">The result's.</param>
    /// <param name="map">The map.</param>
    /// <param name="scale">The parts along each side.</param>
    public string Pool(string name, string map, int scale)
    {
        var rows = Of($"{name}.rows", graph.Size($"{map}.height", map, 2), scale); // [s, H]
        var columns = graph.Transpose($"{name}.columns", Of($"{name}.columns.plain", graph.Size($"{map}.width", map, 3), scale), 1, 0);
        return graph.Add("MatMul", name, [rows, graph.Add("MatMul", $"{name}.of_columns", [map, columns])]);
    }

    /// <summary>[scale, side]: 1 over a part's length for its places, otherwise 0.</summary>
    private string Of(string name, string side, int scale)
    {
        var places = graph.Add("Range", $"{name}.places", [
            graph.Integer(0), graph.Add("Squeeze", $"{name}.side", [side]), graph.Integer(1),
        ]);
        var part = graph.Unsqueeze($"{name}.part", graph.Integers([.. Enumerable.Range(0, scale).Select(i => (long)i)]), 1); // [s, 1]
        var first = Over($"{name}.first", graph.Add("Mul", $"{name}.before", [part, side]), scale);
        var after = graph.Add("Mul", $"{name}.until", [graph.Add("Add", $"{name}.next", [part, graph.Integers(1)]), side]);
        var end = Over($"{name}.end", graph.Add("Add", $"{name}.rounded", [after, graph.Integers(scale - 1)]), scale);
        var isInside = graph.Add("And", $"{name}.inside", [
            graph.Add("GreaterOrEqual", $"{name}.begun", [places, first]), graph.Add("Less", $"{name}.open", [places, end]),
        ]);
        return graph.Add("Div", name, [
            graph.ToFloat($"{name}.ones", isInside), graph.ToFloat($"{name}.length", graph.Add("Sub", $"{name}.count", [end, first])),
        ]);
    }

    private string Over(string name, string dividend, int divisor) => graph.Add("Div", name, [dividend, graph.Integers(divisor)]);
}
