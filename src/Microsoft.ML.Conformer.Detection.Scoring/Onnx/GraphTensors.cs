using System.Globalization;

namespace Microsoft.ML.Conformer.Detection.Onnx;

/// <summary>Operators that graphs of detectors and of segmentation are made of, each in one call.</summary>
internal static class GraphTensors
{
    /// <summary>What a graph takes that is given images of any size.</summary>
    /// <exception cref="ArgumentException">It is to resize photos itself.</exception>
    public static OnnxGraphSettings OfAnySize(VisionArchitecture backbone, OnnxInputKind kind, ImagePreprocessing preprocessing) => new()
    {
        ImageHeight = backbone.SizeDivisor,
        ImageWidth = backbone.SizeDivisor,
        InputKind = kind == OnnxInputKind.PhotosNhwc
            ? throw new ArgumentException("Photos of other sizes than the network's are not taken.", nameof(kind))
            : kind,
        Preprocessing = preprocessing,
        Options = new OnnxExportOptions { DynamicImageSize = true },
    };

    extension(GraphBuilder graph)
    {
        /// <summary>The graph as a file's content, without metadata.</summary>
        public OnnxModel ToModel(string name, IReadOnlyList<ValueInfoProto> inputs) => new()
        {
            GraphName = name,
            ProducerName = OnnxModel.Producer,
            ProducerVersion = OnnxModelMetadata.CurrentVersion,
            Nodes = graph.Nodes,
            Initializers = graph.Initializers,
            ValueInfos = graph.ValueInfos,
            Inputs = inputs,
            Outputs = graph.Outputs,
            Metadata = [],
        };

        public string Transpose(string name, string x, params long[] permutation) =>
            graph.Add("Transpose", name, [x], new OnnxAttribute("perm", permutation));

        public string Reshape(string name, string x, params GraphSize[] shape) => graph.Add("Reshape", name, [x, graph.Shape(shape)]);

        public string Unsqueeze(string name, string x, params long[] axes) => graph.Add("Unsqueeze", name, [x, graph.Integers(axes)]);

        public string Concat(string name, long axis, params IReadOnlyList<string> parts) =>
            parts.Count == 1 ? parts[0] : graph.Add("Concat", name, parts, new OnnxAttribute("axis", axis));

        /// <summary>The rows of a tensor that numbers name, along its first axis.</summary>
        public string Rows(string name, string x, string indices) => graph.Add("Gather", name, [x, indices], new OnnxAttribute("axis", 0L));

        /// <summary>Some numbers of the last axis.</summary>
        public string Last(string name, string x, long start, long end) =>
            graph.Add("Slice", name, [x, graph.Integers(start), graph.Integers(end), graph.Integers(-1)]);

        /// <summary>The first rows and columns of a map, [..., H, W], as many as two values of int64 [1] say.</summary>
        public string Corner(string name, string x, string height, string width) => graph.Add(
            "Slice", name, [x, graph.Integers(0, 0), graph.Shape(GraphSize.Of(height), GraphSize.Of(width)), graph.Integers(-2, -1)]);

        /// <summary>A map, [N, channels, H, W], resized bilinearly to a height and width, as torch does without align_corners.</summary>
        public string Bilinear(string name, string map, int channels, string height, string width) => graph.Add(
            "Resize", name,
            [
                map, "", "",
                graph.Shape(
                    GraphSize.Of(graph.Size("batch_size", GraphNames.Input, 0)), channels, GraphSize.Of(height), GraphSize.Of(width)),
            ],
            new("mode", "linear"), new("coordinate_transformation_mode", "half_pixel"));

        /// <summary>The size of one axis, int64 [1].</summary>
        public string Size(string name, string x, long axis) =>
            graph.AddOnce("Shape", name, [x], new("start", axis), new("end", axis + 1));

        public string ToFloat(string name, string x) =>
            graph.Add("Cast", name, [x], new OnnxAttribute("to", (long)OnnxElementType.Float));

        /// <summary>A shape, all of whose values are one number.</summary>
        public string Filled(string name, float value, string shape) =>
            graph.Add("Expand", name, [graph.Scalar($"number_{value.ToString(CultureInfo.InvariantCulture)}", value), shape]);

        /// <summary>The best values of each row, at most so many: the values, falling, and their places, int64.</summary>
        public (string Values, string Places) Top(string name, string rows, long most)
        {
            var count = graph.Add("Min", $"{name}.count", [graph.Integers(most), graph.Size($"{rows}.length", rows, 1)]);
            var (values, places) = ($"{name}.values", $"{name}.places");
            graph.Add(new NodeProto(
                "TopK", name, [rows, count], [values, places], [new("axis", 1L), new("largest", 1L), new("sorted", 1L)]));
            return (values, places);
        }

        /// <summary>What follows the places of each image: [N, n, ...] at [N, k] is [N, k, ...].</summary>
        public string AtPlaces(string name, string x, string places) =>
            graph.Add("GatherND", name, [x, graph.Unsqueeze($"{name}.index", places, -1)], new OnnxAttribute("batch_dims", 1L));
    }
}
