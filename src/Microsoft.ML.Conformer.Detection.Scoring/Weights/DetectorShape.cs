namespace Microsoft.ML.Conformer.Detection.Weights;

/// <summary>Tells a detector's shape by its tensors' names and sizes; what they do not show is as published.</summary>
internal static class DetectorShape
{
    private const string RetinaClasses = "bbox_head.retina_cls.weight", RetinaBoxes = "bbox_head.retina_reg.weight",
        ProposedAnchors = "rpn_head.rpn_cls.weight", RegionClasses = "roi_head.bbox_head.fc_cls.weight",
        CascadedClasses = "roi_head.bbox_head.0.fc_cls.weight", MaskClasses = "roi_head.mask_head.conv_logits.weight";

    /// <summary>Whether a file's tensors are a detector's, of whatever shape.</summary>
    public static bool IsIn(CheckpointFile file) => HeadOf(new TensorSizes(file.Name, file)) is not null;

    /// <param name="file">What messages call the file.</param>
    /// <param name="tensors">Its tensors; their names and shapes alone are looked at.</param>
    /// <exception cref="WeightMismatchException">It is no detector, or its shape cannot be told; the message says why.</exception>
    public static DetectorArchitecture Of(string file, IWeightSource tensors)
    {
        var sizes = new TensorSizes(file, tensors);
        var shape = new DetectorArchitecture
        {
            Head = HeadOf(sizes) ?? throw new WeightMismatchException(
                file, [$"It has neither '{RegionClasses}' nor '{CascadedClasses}' nor '{RetinaClasses}'."],
                "They are of no Faster, Mask or Cascade Mask R-CNN or RetinaNet. An image classifier's are opened by LoadImageClassifier."),
            Backbone = BackboneShape.Of(sizes),
            PyramidChannels = sizes.Of("neck.fpn_convs.0.conv.weight", 0),
        };
        var (tensor, each) = shape.IsTwoStage ? (ProposedAnchors, 1) : (RetinaBoxes, 4);
        var anchors = sizes.Of(tensor, 0) / each;
        if (anchors != shape.AnchorsPerPlace)
            throw sizes.Fault(
                $"{tensor} is for {anchors} anchors at each place, where the published detectors have {shape.AnchorsPerPlace}: their " +
                "ratios and scales do not show.");
        if (!shape.IsTwoStage)
            return shape with { NumClasses = sizes.Of(RetinaClasses, 0) / anchors };
        var regions = shape.Head == DetectionHead.CascadeMaskRcnn ? CascadedClasses : RegionClasses;
        return shape with
        {
            NumClasses = sizes.Of(regions, 0) - 1, // the last one is the background
            HiddenWidth = sizes.Of(regions, 1),
        };
    }

    private static DetectionHead? HeadOf(TensorSizes sizes) =>
        sizes.Has(RetinaClasses) ? DetectionHead.RetinaNet
        : sizes.Has(CascadedClasses) ? DetectionHead.CascadeMaskRcnn
        : !sizes.Has(RegionClasses) ? null
        : sizes.Has(MaskClasses) ? DetectionHead.MaskRcnn
        : DetectionHead.FasterRcnn;
}
