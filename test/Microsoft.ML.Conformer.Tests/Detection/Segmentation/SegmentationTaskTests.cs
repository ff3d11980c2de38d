using Microsoft.ML.Conformer.Batches;
using Microsoft.ML.Conformer.Data.Images;
using Microsoft.ML.Conformer.Data.Reading;
using Microsoft.ML.Conformer.Detection.Batches;
using Microsoft.ML.Conformer.Detection.Data;
using Microsoft.ML.Conformer.Detection.Images;
using Microsoft.ML.Conformer.Detection.LabelMaps;
using Microsoft.ML.Conformer.Detection.Losses;
using Microsoft.ML.Conformer.Detection.Training;
using Microsoft.ML.Conformer.Training;
using Microsoft.ML.Conformer.Training.Distributed.Collectives;
using TorchSharp;

namespace Microsoft.ML.Conformer.Tests.Detection.Segmentation;

[TestClass]
public sealed class SegmentationTaskTests
{
    private static readonly DetectorPreprocessing _images = new() { LongestSide = 64, ShortestSide = 64 };

    [TestMethod]
    public void RanksTogetherCountWhatOneAloneCounts()
    {
        using var folder = new TemporaryFolder();
        DrawnScenes.Draw(folder.Path, count: 7, seed: 1);
        var data = DrawnScenes.Load(new MLContext(), folder.Path);
        using var dataset = SegmentationDataset.Read(
            data, LabelMapPaths.Find(data.Schema, "LabelMapPath").Rule, new ImageReadOptions
            {
                ImageColumnName = "ImagePath",
                LabelColumnName = "LabelMapPath",
                Preprocessor = new ImagePreprocessor(64, new ImagePreprocessing()),
            }, fingerprint: null, CancellationToken.None);

        var alone = Validate(dataset, new Alone());

        CollectionAssert.AreEqual(SegmentationTask.FigureNames.ToArray(), alone.Figures.Keys.ToArray());
        Assert.IsTrue(alone["mIoU"] is > 0 and < 1, $"{alone["mIoU"]}");
        foreach (var together in ThreadGroup.Results(3, all => Validate(dataset, all)))
            CollectionAssert.AreEqual(alone.Figures.Values.ToArray(), together.Figures.Values.ToArray());
    }

    private static Validation Validate(SegmentationDataset dataset, ICollective all)
    {
        var architecture = SmallSegmentation.Of(isConTNet: false) with { NumClasses = DrawnScenes.Classes.Length };
        using var network = SmallSegmentation.Network(architecture);
        var batches = new PhotoEvaluationBatches(dataset, new PhotoBatchOptions
        {
            BatchSize = 2,
            Divisor = architecture.SizeDivisor,
            Preprocessing = _images,
            Share = new RankShare(all.Rank, all.Size),
        });
        var task = new SegmentationTask(network, new SegmentationLoss(architecture.SizeDivisor), DrawnScenes.Classes, dataset);
        return task.Validate(batches, torch.CPU, all, CancellationToken.None);
    }
}
