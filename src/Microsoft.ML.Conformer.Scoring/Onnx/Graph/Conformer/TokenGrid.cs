namespace Microsoft.ML.Conformer.Onnx.Graph.Conformer;

/// <summary>
/// The grid of Height x Width = K patches that the transformer branch sees, its T = 1 + K tokens, and how many rows and columns of zeros,
/// at the bottom and at the right, make the stem's output whole patches: numbers where the images have one size, otherwise computed by the
/// graph from the size of its input.
/// </summary>
internal sealed record TokenGrid(GraphSize Height, GraphSize Width, GraphSize Patches, GraphSize Tokens, GraphSize Bottom, GraphSize Right)
{
    public bool IsFixed => Patches.Number is not null;

    /// <summary>Height and width of a feature map with so many pixels along a patch's side; by name where they are free.</summary>
    public (OnnxDimension Height, OnnxDimension Width) MapSize(int pixelsPerPatch)
    {
        OnnxDimension Side(GraphSize patches, string side) => patches.Number is { } count
            ? count * pixelsPerPatch
            : OnnxDimension.Free($"map_{pixelsPerPatch}_{side}");
        return (Side(Height, "height"), Side(Width, "width"));
    }

    public static TokenGrid Of(GraphBuilder graph, ConformerArchitecture architecture, GraphInput input) => input.FixedSize is { } size
        ? Fixed(architecture, size.Height, size.Width)
        : Measured(graph, architecture, input);

    private static TokenGrid Fixed(ConformerArchitecture architecture, int imageHeight, int imageWidth)
    {
        var stride = architecture.TokenStride(1);
        var (height, width) = (architecture.TokensPerSide(imageHeight), architecture.TokensPerSide(imageWidth));
        long Missing(int patches, int imageSide) =>
            patches * stride - (imageSide + ConformerArchitecture.StemStride - 1) / ConformerArchitecture.StemStride;
        return new(height, width, height * width, 1 + height * width, Missing(height, imageHeight), Missing(width, imageWidth));
    }

    private static TokenGrid Measured(GraphBuilder graph, ConformerArchitecture architecture, GraphInput input)
    {
        string Pixels(string side, long axis) =>
            graph.Add("Shape", $"{GraphNames.Input}.{side}", [GraphNames.Input], new("start", axis), new("end", axis + 1));
        var (height, bottom) = Side(
            graph, architecture, "height", input.FreeSize?.Height ?? Pixels("height", input.HeightAxis));
        var (width, right) = Side(graph, architecture, "width", input.FreeSize?.Width ?? Pixels("width", input.HeightAxis + 1));
        var patches = graph.Add("Mul", "grid.patches", [height, width]);
        var tokens = graph.Add("Add", "grid.tokens", [patches, graph.Integers(1)]);
        return new(
            GraphSize.Of(height), GraphSize.Of(width), GraphSize.Of(patches), GraphSize.Of(tokens), GraphSize.Of(bottom),
            GraphSize.Of(right));
    }

    /// <summary>Patches along one side of the image, and what its side of the stem's output lacks to whole patches.</summary>
    private static (string Patches, string Missing) Side(GraphBuilder graph, ConformerArchitecture architecture, string side, string pixels)
    {
        string DivideUp(string name, long divisor) => graph.Add(
            "Div", name, [graph.Add("Add", $"{name}.dividend", [pixels, graph.Integers(divisor - 1)]), graph.Integers(divisor)]);
        var stride = architecture.TokenStride(1);
        // Rounding up twice, to the stem's output and to patches, is the same as once.
        var patches = DivideUp($"grid.{side}", ConformerArchitecture.StemStride * stride);
        var whole = graph.Add("Mul", $"grid.{side}.padded", [patches, graph.Integers(stride)]);
        return (patches, graph.Add("Sub", $"grid.{side}.missing", [whole, DivideUp($"stem.{side}", ConformerArchitecture.StemStride)]));
    }
}
