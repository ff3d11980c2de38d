using Conformer.Server.Model;
using Microsoft.ML.Conformer;
using Microsoft.ML.Conformer.Detection;
using Microsoft.ML.Conformer.Detection.Images;
using Microsoft.ML.Conformer.Detection.Models;
using Microsoft.ML.Conformer.Models;
using Microsoft.ML.Conformer.Tests.Goldens;

namespace Conformer.Server.Tests;

/// <summary>A small detector of weights by formula, which finds something in anything.</summary>
internal static class TinyDetector
{
    public static readonly string[] Classes = ["ant", "bee", "cat", "dog"];

    private static string? _path;

    /// <summary>The ONNX file of a Mask R-CNN.</summary>
    public static string Path => _path!;

    /// <summary>The detector of the file.</summary>
    public static IImageModel Open() => ConformerModel.Open(Path, TestServer.MaxBatchSize);

    /// <summary>Writes the file for all tests.</summary>
    public static void Write(string path) => Write(_path = path, DetectionHead.MaskRcnn);

    public static void Write(string path, DetectionHead head)
    {
        var architecture = new DetectorArchitecture
        {
            Backbone = new ConformerArchitecture { ChannelRatio = 0.125, EmbedDim = 24, NumHeads = 3, Depth = 6 },
            Head = head,
            NumClasses = Classes.Length,
            PyramidChannels = 16,
            HiddenWidth = 32,
            FinestScale = 14,
        };
        var weights = new FormulaWeights(architecture.StateDict().ToDictionary(tensor => tensor.Name, tensor => tensor.Shape.ToArray()));
        var model = DetectorModel.Of(
            architecture, new DetectionRules { MostDetections = 20 }, new DetectorPreprocessing { LongestSide = 128, ShortestSide = 96 },
            LabelType.Restore(Classes, type: null), weights);
        File.WriteAllBytes(path, model.Onnx);
    }
}
