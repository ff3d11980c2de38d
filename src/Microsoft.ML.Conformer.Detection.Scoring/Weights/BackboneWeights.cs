namespace Microsoft.ML.Conformer.Detection.Weights;

/// <summary>
/// Compares a weight file with a network that has a classifier as its backbone, and plans what to load: all of it, or a classifier's
/// weights into the backbone.
/// </summary>
internal static class BackboneWeights
{
    /// <param name="architecture">What is trained or scored.</param>
    /// <param name="file">mmdetection's checkpoint of a detector, or a classifier's weights as they are published.</param>
    /// <param name="strict">Whether whatever does not fit is an error (default), or a warning in the plan.</param>
    /// <param name="isWhole">Whether nothing may be left at its initial values. Default false, for fine-tuning.</param>
    /// <exception cref="WeightMismatchException">The file does not fit; the message lists how.</exception>
    public static WeightPlan Match(
        DetectorArchitecture architecture, CheckpointFile file, bool strict = true, bool isWhole = false) => Match(
        new Wanted(architecture.Backbone, [.. architecture.StateDict()])
        {
            PerClass = ["fc_cls", "fc_reg", "conv_logits", "retina_cls"],
            Kind = "detector",
            Heads = "the pyramid and the heads",
            Description = $"The detector is {architecture.Head} with {architecture.NumClasses} classes.",
        },
        file, strict, isWhole);

    /// <inheritdoc cref="Match(DetectorArchitecture, CheckpointFile, bool, bool)"/>
    /// <param name="architecture">What is trained.</param>
    /// <param name="file">mmsegmentation's checkpoint of such a network, or a classifier's weights as they are published.</param>
    /// <param name="strict">Whether whatever does not fit is an error (default), or a warning in the plan.</param>
    public static WeightPlan Match(SegmentationArchitecture architecture, CheckpointFile file, bool strict = true) => Match(
        new Wanted(architecture.Backbone, [.. architecture.StateDict()])
        {
            PerClass = [SegmentationLayout.Classifier],
            Kind = "network for segmentation",
            Heads = "the heads",
            Description = $"The network is for segmentation with {architecture.NumClasses} classes, " +
                $"{(architecture.HasAuxiliaryHead ? "with" : "without")} an auxiliary head.",
        },
        file, strict, isWhole: false);

    private static WeightPlan Match(Wanted wanted, CheckpointFile file, bool strict, bool isWhole) =>
        file.Tensors.Any(tensor => BackboneLayout.Has(tensor.Name))
            ? Whole(wanted, file, strict, isWhole)
            : isWhole
                ? throw new WeightMismatchException(
                    file.Name, [$"It has no tensor whose name begins with '{BackboneLayout.Prefix}'."], $"It is no {wanted.Kind}.")
                : Classifier(wanted, file, strict);

    private static WeightPlan Classifier(Wanted wanted, CheckpointFile file, bool strict)
    {
        var plan = WeightMatcher.Match(wanted.Backbone, file, strict);
        List<NetworkTensor> tensors = [.. wanted.Tensors.Where(tensor => !tensor.IsPositionIndex)];
        var offered = plan.Tensors.ToDictionary(entry => BackboneLayout.Prefix + entry.Key, entry => entry.Value);
        return plan with
        {
            Tensors = tensors.Where(tensor => offered.ContainsKey(tensor.Name))
                .ToDictionary(tensor => tensor.Name, tensor => offered[tensor.Name]),
            LeftAtInitialValues =
                [.. tensors.Where(tensor => !tensor.IsInteger && !offered.ContainsKey(tensor.Name)).Select(tensor => tensor.Name)],
            ReplacedClasses = null,
            Notes =
            [
                .. plan.Notes,
                $"'{VisibleText.OfPath(file.Name)}' is a classifier: {wanted.Heads} start from their initial values.",
            ],
            Warnings = [],
        };
    }

    private static WeightPlan Whole(Wanted wanted, CheckpointFile file, bool strict, bool isWhole)
    {
        var offered = file.Tensors.ToDictionary(tensor => tensor.Name, StringComparer.Ordinal);
        var (accepted, left, faults, replaced) = (new Dictionary<string, CheckpointTensor>(), new List<string>(), new List<string>(), 0);
        foreach (var expected in wanted.Tensors)
        {
            if (!offered.Remove(expected.Name, out var tensor))
            {
                if (!expected.IsInteger)
                    Leave(expected, $"{expected.Name} {CheckpointTensor.ShapeText(expected.Shape)} is missing.");
            }
            else if (expected.IsBatchCounter ? tensor.Count != 1 : !tensor.Shape.SequenceEqual(expected.Shape))
            {
                if (!isWhole && wanted.PerClass.Contains(expected.Name.Split('.')[^2]) && tensor.Shape.Count == expected.Shape.Count &&
                    tensor.Shape.Skip(1).SequenceEqual(expected.Shape.Skip(1)))
                {
                    left.Add(expected.Name);
                    replaced++;
                }
                else
                    Leave(expected, $"{expected.Name} is {CheckpointTensor.ShapeText(tensor.Shape)}; expected " +
                        $"{CheckpointTensor.ShapeText(expected.Shape)}.");
            }
            else if (!tensor.Type.IsFloatingPoint && !expected.IsInteger)
                Leave(expected, $"{expected.Name} is {tensor.Type}; expected a floating-point type.");
            else if (!expected.IsPositionIndex)
                accepted.Add(expected.Name, tensor);
        }
        faults.AddRange(offered.Values.Select(tensor =>
            $"{VisibleText.Of(tensor.Name)} {CheckpointTensor.ShapeText(tensor.Shape)} is unexpected."));
        if (faults.Count > 0 && (strict || accepted.Count == 0))
            throw new WeightMismatchException(file.Name, faults, wanted.Description);
        string[] note = replaced == 0 ? []
            :
            [
                $"The weights in '{VisibleText.OfPath(file.Name)}' are for other classes: " +
                "what tells classes apart starts from initial values.",
            ];
        return new WeightPlan(file, accepted, left, null, file.Note is null ? [] : [file.Note], [.. note, .. faults]);

        void Leave(NetworkTensor expected, string fault)
        {
            faults.Add(fault);
            if (!expected.IsInteger)
                left.Add(expected.Name);
        }
    }

    /// <summary>What is to be filled.</summary>
    private sealed record Wanted(VisionArchitecture Backbone, IReadOnlyList<NetworkTensor> Tensors)
    {
        /// <summary>What has a row or more for each class, and is left at its initial values where the file has other classes.</summary>
        public required IReadOnlyList<string> PerClass { get; init; }

        /// <summary>What it is, for messages: "detector".</summary>
        public required string Kind { get; init; }

        /// <summary>What it has beside the backbone, for messages.</summary>
        public required string Heads { get; init; }

        /// <summary>A sentence that says what it is.</summary>
        public required string Description { get; init; }
    }
}
