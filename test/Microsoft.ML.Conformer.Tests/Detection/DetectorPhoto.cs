using Microsoft.ML.Conformer.Columns;
using Microsoft.ML.Conformer.Data.Images;
using Microsoft.ML.Conformer.Detection;
using Microsoft.ML.Conformer.Detection.Images;
using Microsoft.ML.Conformer.Detection.Models;
using Microsoft.ML.Conformer.Models;
using Microsoft.ML.Conformer.Tests.Goldens;
using Microsoft.ML.Conformer.Tests.Onnx;
using Microsoft.ML.Data;
using Microsoft.ML.Transforms.Image;

namespace Microsoft.ML.Conformer.Tests.Detection;

/// <summary>A row of the tests' data, and a small detector by formula that finds something in it.</summary>
internal sealed class DetectorPhoto
{
    public static readonly string[] Classes = ["ant", "bee", "cat", "dog"];

    [ImageType(1, 1)]
    public MLImage? Image { get; set; }

    public int Number { get; set; }

    /// <summary>Photos of several sizes.</summary>
    public static List<DetectorPhoto> Set(params (int Width, int Height)[] sizes) =>
        [.. sizes.Select((size, number) => new DetectorPhoto { Image = Rgb(number, size).ToMLImage(), Number = number })];

    public static RgbImage Rgb(int number, (int Width, int Height) size) =>
        new(size.Width, size.Height, Formula.Rgb(number, size.Height, size.Width));

    public static DetectorArchitecture Architecture(DetectionHead head) => new()
    {
        Backbone = ExportedGraph.Micro with { Depth = 6 },
        Head = head,
        NumClasses = Classes.Length,
        PyramidChannels = 16,
        HiddenWidth = 32,
        FinestScale = 14,
    };

    public static FormulaWeights Weights(DetectorArchitecture architecture) =>
        new(architecture.StateDict().ToDictionary(tensor => tensor.Name, tensor => tensor.Shape.ToArray()));

    /// <summary>How the detector's detections are chosen.</summary>
    public static DetectionRules Rules { get; } = new() { LeastScore = 0.2, MostDetections = 20 };

    public static DetectorModel Model(DetectionHead head, bool isOfFiles = false) => Model(Architecture(head), isOfFiles);

    public static DetectorModel Model(DetectorArchitecture architecture, bool isOfFiles = false) => DetectorModel.Of(
        architecture, Rules, new DetectorPreprocessing { LongestSide = 128, ShortestSide = 96 }, LabelType.Restore(Classes, null),
        Weights(architecture), isOfFiles);
}

/// <summary>What the tests read from a row.</summary>
internal sealed class DetectedRow
{
    public uint[] PredictedLabel { get; set; } = [];

    public float[] Score { get; set; } = [];

    public float[] PredictedBoundingBoxes { get; set; } = [];

    public string[] PredictedMasks { get; set; } = [];

    public int Number { get; set; }

    public static void AssertSame(DetectedRow expected, DetectedRow actual, double tolerance, string what)
    {
        CollectionAssert.AreEqual(expected.PredictedLabel, actual.PredictedLabel, what);
        Assert.AreClose(expected.Score, actual.Score, tolerance, what);
        Assert.AreClose(expected.PredictedBoundingBoxes, actual.PredictedBoundingBoxes, 1000 * tolerance, what);
        Assert.AreEqual(expected.Number, actual.Number, what);
    }
}
