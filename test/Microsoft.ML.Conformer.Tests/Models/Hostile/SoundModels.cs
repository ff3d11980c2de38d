using Microsoft.ML.Conformer.Onnx.Graph;
using Microsoft.ML.Conformer.Tests.Onnx;
using Microsoft.ML.Conformer.Tests.Scoring;

namespace Microsoft.ML.Conformer.Tests.Models.Hostile;

/// <summary>Files of one small network in all forms that this library writes; hostile ones are made of them.</summary>
internal static class SoundModels
{
    public const string Normalized = "normalized", Pixels = "pixels", Photos = "photos", Float16 = "float16", Int8 = "int8", Zip = "zip";

    private static readonly Lazy<Dictionary<string, byte[]>> _files = new(Write);

    public static string[] Forms { get; } = [Normalized, Pixels, Photos, Float16, Int8, Zip];

    /// <summary>The bytes of a form; of <see cref="Zip"/> a zip that mlContext.Model.Save wrote, of others an ONNX file.</summary>
    public static byte[] Of(string form) => _files.Value[form];

    /// <summary>The network of <see cref="Normalized"/> with other names of its classes.</summary>
    public static byte[] Named(string[] classes) => ExportedGraph.Export(
        ScoringModel.Architecture, ScoringModel.Weights,
        new OnnxGraphSettings { ImageHeight = Photo.Side, ImageWidth = Photo.Side, Labels = classes });

    private static Dictionary<string, byte[]> Write()
    {
        var context = new MLContext(seed: 1);
        var photos = Photo.View(context, Photo.Set(8));
        using var model = ScoringModel.Create(photos);
        byte[] Onnx(OnnxExportOptions options) => Bytes(stream => model.SaveAsOnnx(stream, options));
        return new Dictionary<string, byte[]>
        {
            [Normalized] = Bytes(model.SaveAsOnnx),
            [Pixels] = Bytes(ScoringModel.TrainedOn(photos).WritePortableOnnx),
            [Photos] = Onnx(new OnnxExportOptions { IncludePreprocessing = true, IncludePredictedLabel = true, TopK = 2 }),
            [Float16] = Onnx(new OnnxExportOptions { Precision = OnnxPrecision.Float16 }),
            [Int8] = Onnx(new OnnxExportOptions { Precision = OnnxPrecision.Int8, CalibrationImages = photos }),
            [Zip] = Bytes(stream => context.Model.Save(model, photos.Schema, stream)),
        };
    }

    private static byte[] Bytes(Action<Stream> write)
    {
        using var memory = new MemoryStream();
        write(memory);
        return memory.ToArray();
    }
}
