using Conformer.Server.Model;
using Microsoft.ML;
using Microsoft.ML.Conformer;
using Microsoft.ML.Data;

namespace Conformer.Server.Tests;

/// <summary>A model of three colors, trained once for all tests.</summary>
[TestClass]
public static class TinyModel
{
    private static readonly Lazy<IImageModel> _model = new(Open);

    private static TemporaryFolder? _folder;

    /// <summary>The zip file.</summary>
    public static string Path => _folder!.File("model.zip");

    internal static IImageModel Open() => ConformerModel.Open(Path, TestServer.MaxBatchSize);

    /// <summary>The same in 16 bits.</summary>
    internal static IImageModel OpenFloat16()
    {
        var path = _folder!.File($"{Guid.NewGuid():N}.onnx");
        using (var model = new MLContext().Model.LoadImageClassifier(Path))
            model.SaveAsOnnx(path, new OnnxExportOptions { Precision = OnnxPrecision.Float16 });
        return ConformerModel.Open(path, TestServer.MaxBatchSize);
    }

    /// <summary>The scores of image files, one Transform for each.</summary>
    internal static List<float[]> ScoreAlone(IEnumerable<byte[]> files) =>
    [
        .. files.Select(file =>
        {
            using var image = MLImage.CreateFromStream(new MemoryStream(file));
            return ((ClassScores)_model.Value.Score([image]).Single()).Probabilities;
        }),
    ];

    [AssemblyInitialize]
    public static void Train(TestContext _)
    {
        _folder = new TemporaryFolder();
        foreach (var color in ColoredImages.Colors)
        {
            Directory.CreateDirectory(_folder.File("images", color));
            for (var i = 0; i < 8; i++)
                ColoredImages.Write(_folder.File("images", color, $"{i}.png"), color, 1000 + i);
        }

        var mlContext = new MLContext(1);
        var files = mlContext.Data.LoadFromImageFolder(_folder.File("images"));
        var pipeline = mlContext.Transforms.Conversion.MapValueToKey("Label")
            .Append(mlContext.Transforms.LoadImages("Image", null, "ImagePath"))
            .Append(mlContext.MulticlassClassification.Trainers.Conformer(new ConformerTrainer.Options
            {
                Architecture = new ConformerArchitecture { ChannelRatio = 0.25, EmbedDim = 24, NumHeads = 3, Depth = 3 },
                ImageSize = ColoredImages.Side,
                Epochs = 6,
                BatchSize = 8,
                LearningRate = 2e-3,
                Device = TrainingDevice.Cpu,
            }));
        var model = pipeline.Fit(files);
        mlContext.Model.Save(model, files.Schema, Path);
        model.Dispose();
        TinyDetector.Write(_folder.File("detector.onnx"));
    }

    [AssemblyCleanup]
    public static void Delete()
    {
        if (_model.IsValueCreated)
            _model.Value.Dispose();
        _folder?.Dispose();
    }
}
