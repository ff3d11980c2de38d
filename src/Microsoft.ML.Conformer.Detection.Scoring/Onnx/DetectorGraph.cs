namespace Microsoft.ML.Conformer.Detection.Onnx;

/// <summary>
/// A detector as one ONNX graph of standard operators, from images of any size to detections. Inputs: "image", N images of one padded
/// size, whose sides are multiples of the architecture's, and "sizes", int64 [N, 2], height and width without padding. Outputs, for all D
/// detections of the batch, ordered by image and falling score: "boxes", [D, 4], x0 y0 x1 y1 in pixels of the input; "scores", [D];
/// "labels" and "images", int64 [D]; with masks "masks", [D, 28, 28], the probabilities that pixels of the boxes are of the objects.
/// </summary>
internal static class DetectorGraph
{
    public const string Sizes = "sizes", Boxes = "boxes", Scores = "scores", Labels = "labels", Images = "images", Masks = "masks";

    /// <summary>The graph, its weights yet unread; it has no metadata.</summary>
    /// <exception cref="ArgumentException">There is no such detector, or no such rules.</exception>
    /// <exception cref="OnnxExportException">Tensors are missing or misshapen; while it is written, not finite or too large.</exception>
    public static OnnxModel Build(
        DetectorArchitecture architecture, DetectionRules rules, RequiredWeights weights, OnnxInputKind kind,
        ImagePreprocessing preprocessing)
    {
        if (architecture.Faults().Concat(rules.Faults()).ToList() is { Count: > 0 } faults)
            throw new ArgumentException("No such detector can be exported. " + string.Join(" ", faults), nameof(architecture));
        var graph = new GraphBuilder(weights);
        var input = Input(architecture, graph, kind, preprocessing);
        var network = KnownNetworks.GraphOf(architecture.Backbone);
        var body = network.Build(graph, weights.Within(BackboneLayout.Prefix), input);
        Add(architecture, rules, graph, weights, new FeaturePyramid(architecture, graph, weights).Add(body.FeatureMaps));
        weights.ThrowIfFaulty();
        return graph.ToModel(
            $"{network.Name}{architecture.Head}",
            [input.Info(), new ValueInfoProto(Sizes, OnnxElementType.Int64, [OnnxDimension.Batch, 2])]);
    }

    private static GraphInput Input(
        DetectorArchitecture architecture, GraphBuilder graph, OnnxInputKind kind, ImagePreprocessing preprocessing) =>
        new(graph, architecture.Backbone, GraphTensors.OfAnySize(architecture.Backbone, kind, preprocessing))
        {
            AfterCentering = x => WithoutPadding(graph, x),
        };

    /// <summary>Zeros where an image has been padded, whatever the padding was.</summary>
    private static string WithoutPadding(GraphBuilder graph, string image)
    {
        string IsInside(string side, int axis)
        {
            var pixels = graph.Size($"image.{side}", image, axis);
            var numbers = graph.Add("Range", $"image.{side}.numbers", [
                graph.Integer(0), graph.Add("Squeeze", $"image.{side}.number", [pixels]), graph.Integer(1),
            ]);
            var limit = graph.Last($"image.{side}.limit", Sizes, axis - 2, axis - 1); // [N, 1]
            return graph.Unsqueeze(
                $"image.{side}.inside", graph.Add("Less", $"image.{side}.is_inside", [numbers, limit]), axis == 2 ? [1, 3] : [1, 2]);
        }
        var isInside = graph.Add("And", "image.inside", [IsInside("height", 2), IsInside("width", 3)]); // [N, 1, H, W]
        return graph.Add("Where", "image.without_padding", [isInside, image, graph.Scalar("number_0", 0)]);
    }

    private static void Add(
        DetectorArchitecture architecture, DetectionRules rules, GraphBuilder graph, RequiredWeights weights,
        IReadOnlyList<PyramidMap> maps)
    {
        var boxes = new BoxOperators(graph);
        var columns = graph.Add("Gather", "sizes.columns", [Sizes, graph.Integers(1, 0, 1, 0)], new OnnxAttribute("axis", 1L));
        var limits = graph.ToFloat("sizes.limits", columns); // [N, 4]
        if (!architecture.IsTwoStage)
        {
            var (values, all) = new RetinaHead(architecture, rules, graph, weights, boxes).Add(maps, limits);
            Detect(graph, boxes, rules, values, all, areOfClasses: false);
            return;
        }
        var regions = new ProposalHead(architecture, rules, graph, weights, boxes).Add(maps, limits);
        var features = new RegionFeatures(architecture, graph, maps);
        var (scores, corrected) = new RegionHead(architecture, graph, weights, boxes, features).Add(regions, limits);
        Detect(graph, boxes, rules, scores, corrected, areOfClasses: !architecture.Stages[0].IsCascaded);
        if (!architecture.HasMasks)
            return;
        new MaskHead(architecture, graph, weights, features).Add(Masks, Boxes, Images, Labels);
        graph.Output(
            Masks, OnnxElementType.Float, OnnxDimension.Free("D"), DetectorArchitecture.MaskSide, DetectorArchitecture.MaskSide);
    }

    /// <summary>The best of each image: of scores, [N, C, n], and boxes, [N, n, 4], or [N, C, n, 4] where each class has its own.</summary>
    private static void Detect(
        GraphBuilder graph, BoxOperators boxes, DetectionRules rules, string scores, string all, bool areOfClasses)
    {
        const string name = "detections";
        string Suppress(string boxesOfGroups, string scoresOfGroups) => boxes.Suppress(
            $"{name}.kept", boxesOfGroups, scoresOfGroups, rules.MostDetections, rules.Overlap, rules.LeastScore);
        var kept = areOfClasses ? SuppressEachClass(graph, scores, all, Suppress) : Suppress(all, scores);
        var chosen = boxes.Choose(name, scores, kept, rules.MostDetections);
        var groups = chosen.AddGroups();
        string[] places = areOfClasses ? [chosen.Images, groups, chosen.Boxes] : [chosen.Images, chosen.Boxes];
        graph.Add("GatherND", Boxes, [all, graph.Concat($"{name}.chosen", 1, places)]);
        graph.Add("Identity", Scores, [chosen.Scores]);
        graph.Reshape(Labels, groups, -1);
        graph.Reshape(Images, chosen.Images, -1);
        var count = OnnxDimension.Free("D");
        graph.Output(Boxes, OnnxElementType.Float, count, 4);
        graph.Output(Scores, OnnxElementType.Float, count);
        graph.Output(Labels, OnnxElementType.Int64, count);
        graph.Output(Images, OnnxElementType.Int64, count);
    }

    /// <summary>The operator gives all classes of an image the same boxes: each class of each image is an image to it.</summary>
    private static string SuppressEachClass(GraphBuilder graph, string scores, string boxes, Func<string, string, string> suppress)
    {
        var count = GraphSize.Of(graph.Size("detections.regions", scores, 2));
        var kept = suppress(
            graph.Reshape("detections.boxes_of_classes", boxes, -1, count, 4),
            graph.Reshape("detections.scores_of_classes", scores, -1, 1, count)); // [S, 3]: the image and the class, 0, the region
        var both = graph.Last("detections.both", kept, 0, 1);
        var classes = graph.Size("detections.classes", scores, 1);
        return graph.Concat(
            "detections.kept.places", 1, graph.Add("Div", "detections.kept.image", [both, classes]),
            graph.Add("Mod", "detections.kept.class", [both, classes]), graph.Last("detections.kept.region", kept, 2, 3));
    }
}
