namespace Microsoft.ML.Conformer.Onnx.Graph;

/// <summary>
/// The steps of <see cref="ImagePreprocessor"/> inside a graph: the shorter side resized to the network's size over the crop's fraction
/// with Pillow's antialiased filter, the center cut out.
/// </summary>
/// <remarks>
/// The filter is two matrix products, rows first, with matrices that the graph makes from the photo's size. ONNX has an operator for it
/// (Resize with antialias, operator set 18), but does not say how that rounds, it computes what the crop throws away, and runtimes and
/// devices differ in it. Products in double precision of 8-bit values and weights in fixed point are exact, so that the crop is the C#
/// code's, bit for bit.
/// </remarks>
internal sealed class PhotoPreprocessing(GraphBuilder graph, int imageSize, ImagePreprocessing preprocessing)
{
    private readonly ResamplingKernel _kernel = preprocessing.Kernel;

    /// <summary>uint8 [N, height, width, channels] to float [N, channels, S, S], whole numbers 0-255.</summary>
    public string Crop(string photos)
    {
        string Side(string name, long axis) => graph.Add("Shape", $"photo.{name}", [photos], new("start", axis), new("end", axis + 1));
        var (height, width) = (Side("height", 1), Side("width", 2));
        var size = graph.Integers(imageSize);
        var isCrop = graph.Add("And", "photo.is_crop", [
            graph.Add("Equal", "photo.height.is_crop", [height, size]), graph.Add("Equal", "photo.width.is_crop", [width, size]),
        ]);
        var shortest = Double("photo.shorter_side.pixels", graph.Add("Min", "photo.shorter_side", [height, width]));
        var target = Double("photo.shorter_side.target", graph.Integers(preprocessing.ShorterSide(imageSize)));
        var scale = graph.Add("Div", "photo.scale", [target, shortest]);

        var (rows, columns) = (Axis("photo.height", height, scale, isCrop), Axis("photo.width", width, scale, isCrop));
        var needed = graph.Add("Slice", "photo.needed", [
            photos, graph.Add("Concat", "photo.needed.start", [rows.Start, columns.Start], new OnnxAttribute("axis", 0L)),
            graph.Add("Concat", "photo.needed.end", [rows.End, columns.End], new OnnxAttribute("axis", 0L)), graph.Integers(1, 2),
        ]);
        var planes = graph.Add("Transpose", "photo.planes", [needed], new OnnxAttribute("perm", new long[] { 0, 3, 1, 2 }));
        planes = Double("photo.planes.double", planes);

        var narrowed = graph.Add("MatMul", "photo.narrowed", [planes, Weights("photo.width", columns, outputAxis: 1)]);
        var resized = graph.Add("MatMul", "photo.resized", [Weights("photo.height", rows, outputAxis: 0), ToBytes(narrowed)]);
        return Cast("photo.crop", ToBytes(resized), OnnxElementType.Float);
    }

    /// <summary>
    /// Where the crop's pixels lie along one side of the photo, in its pixels, double [S]; the first and one past the last pixel that they
    /// are made of, int64 [1]; by how much the kernel is stretched so that every pixel counts, double [1].
    /// </summary>
    /// <remarks>Computed in double precision, as Pillow does: another rounding of a size would shift the whole crop.</remarks>
    private (string Centers, string Start, string End, string Stretch) Axis(string name, string pixels, string scale, string isCrop)
    {
        var (side, size) = (Double($"{name}.double", pixels), graph.Integers(imageSize));
        var scaled = graph.Add("Round", $"{name}.scaled", [graph.Add("Mul", $"{name}.exact", [side, scale])]);
        var resized = graph.Add("Where", $"{name}.resized", [isCrop, side, scaled]);
        var step = graph.Add("Div", $"{name}.step", [side, resized]);

        var margin = graph.Add("Sub", $"{name}.margin", [Cast($"{name}.resized.pixels", resized, OnnxElementType.Int64), size]);
        var first = Double($"{name}.first.double", graph.Add("Div", $"{name}.first", [margin, graph.Integers(2)]));
        var offsets = graph.Constant(
            $"{name}.offsets", [imageSize], (float[])[.. Enumerable.Range(0, imageSize).Select(pixel => pixel + 0.5f)]);
        var centers = graph.Add(
            "Mul", $"{name}.centers", [graph.Add("Add", $"{name}.positions", [first, Double($"{name}.offsets.double", offsets)]), step]);

        var stretch = graph.Add("Max", $"{name}.stretch", [step, Constant($"{name}.one", 1)]);
        var support = graph.Add("Mul", $"{name}.support", [stretch, Constant($"{name}.kernel", _kernel.Support)]);
        string Pixel(string end, int index, string operation)
        {
            var center = graph.Add("Gather", $"{name}.{end}.center", [centers, graph.Integers(index)]);
            var reach = graph.Add(operation, $"{name}.{end}.reach", [center, support]);
            return Cast($"{name}.{end}", graph.Add("Add", $"{name}.{end}.rounded", [reach, Constant($"{name}.{end}.half", 0.5f)]),
                OnnxElementType.Int64);
        }
        var start = graph.Add("Max", $"{name}.start.inside", [Pixel("start", 0, "Sub"), graph.Integers(0)]);
        var end = graph.Add("Min", $"{name}.end.inside", [Pixel("end", imageSize - 1, "Add"), pixels]);
        return (centers, start, end, stretch);
    }

    /// <summary>The weights of the photo's pixels, adding up to 1 for each pixel of the crop, whose dimension is the output axis.</summary>
    private string Weights(string name, (string Centers, string Start, string End, string Stretch) axis, int outputAxis)
    {
        string Scalar(string value, string of) => graph.Add("Squeeze", $"{name}.{value}.scalar", [of]);
        var range = graph.Add(
            "Range", $"{name}.range", [Scalar("start", axis.Start), Scalar("end", axis.End), Scalar("range.step", graph.Integers(1))]);
        var pixels = graph.Add("Add", $"{name}.pixels", [Double($"{name}.range.double", range), Constant($"{name}.half", 0.5f)]);
        string Column(string values, int dimension) => outputAxis == dimension
            ? graph.Add("Unsqueeze", $"{values}.column", [values, graph.Integers(1)])
            : values;
        var distance = graph.Add("Sub", $"{name}.distance", [Column(pixels, 1), Column(axis.Centers, 0)]);
        var x = graph.Add("Abs", $"{name}.distance.abs", [graph.Add("Div", $"{name}.distance.kernel", [distance, axis.Stretch])]);
        // At the end of its support the kernel is 0.
        x = graph.Add("Min", $"{name}.distance.inside", [x, Constant($"{name}.kernel.end", _kernel.Support)]);
        var kernel = Polynomial($"{name}.near", x, _kernel.Pieces[0]);
        if (_kernel.Pieces.Length > 1)
        {
            var far = Polynomial($"{name}.far", x, _kernel.Pieces[1]);
            var isNear = graph.Add("Less", $"{name}.is_near", [x, Constant($"{name}.kernel.middle", 1)]);
            kernel = graph.Add("Where", $"{name}.kernel.values", [isNear, kernel, far]);
        }
        var sum = graph.Add("ReduceSum", $"{name}.kernel.sum", [kernel, graph.Integers(1 - outputAxis)]);
        // In fixed point, as Pillow has them.
        var unit = Constant($"{name}.fixed_point", 1 << ResamplingWeights.FractionBits);
        var weights = graph.Add("Mul", $"{name}.weights.scaled", [graph.Add("Div", $"{name}.weights.exact", [kernel, sum]), unit]);
        return graph.Add("Div", $"{name}.weights", [graph.Add("Round", $"{name}.weights.rounded", [weights]), unit]);
    }

    /// <summary>A polynomial by Horner's rule, its coefficients in order of falling powers.</summary>
    private string Polynomial(string name, string x, double[] coefficients)
    {
        var sum = Constant($"{name}.coefficient_0", (float)coefficients[0]);
        for (var i = 1; i < coefficients.Length; i++)
        {
            sum = graph.Add("Mul", $"{name}.product_{i}", [sum, x]);
            if (coefficients[i] != 0)
                sum = graph.Add("Add", $"{name}.sum_{i}", [sum, Constant($"{name}.coefficient_{i}", (float)coefficients[i])]);
        }
        return sum;
    }

    /// <summary>Rounds half up and clips, as Pillow does: the kernel overshoots at edges.</summary>
    private string ToBytes(string values)
    {
        var raised = graph.Add("Add", $"{values}.raised", [values, Constant($"{values}.half", 0.5f)]);
        return graph.Add("Clip", $"{values}.bytes", [
            graph.Add("Floor", $"{values}.rounded", [raised]), Constant($"{values}.black", 0), Constant($"{values}.white", byte.MaxValue),
        ]);
    }

    private string Constant(string name, float value) => Double(name, graph.Scalar($"{name}.float", value));

    private string Double(string name, string value) => Cast(name, value, OnnxElementType.Double);

    private string Cast(string name, string value, OnnxElementType type) =>
        graph.Add("Cast", name, [value], new OnnxAttribute("to", (long)type));
}
