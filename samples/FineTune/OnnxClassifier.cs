using System.Text.Json;
using Microsoft.ML;
using Microsoft.ML.Conformer;
using Microsoft.ML.Data;
using Microsoft.ML.OnnxRuntime;

namespace FineTune;

/// <summary>Classifies images with model.onnx alone, by ONNX Runtime: what an app in any language would do.</summary>
internal sealed class OnnxClassifier : IDisposable
{
    /// <summary>ImageNet's means and standard deviations of red, green and blue.</summary>
    private static readonly float[] _mean = [0.485f, 0.456f, 0.406f], _deviation = [0.229f, 0.224f, 0.225f];

    private readonly InferenceSession _session;
    private readonly int _side;
    private readonly string[] _classNames;

    public OnnxClassifier(string path, int? threads)
    {
        // By default there would be one for each core of the machine, whatever the program may use.
        using var options = new SessionOptions { IntraOpNumThreads = threads ?? Environment.ProcessorCount };
        _session = new InferenceSession(path, options);
        _side = _session.InputMetadata["image"].Dimensions[3]; // [N, 3, S, S]
        _classNames = JsonSerializer.Deserialize<string[]>(_session.ModelMetadata.CustomMetadataMap["conformer.labels"])!;
    }

    /// <summary>Classifies images of any size.</summary>
    public IReadOnlyList<Classification> Classify(MLContext mlContext, IDataView imagePaths)
    {
        var images = mlContext.Transforms.LoadImages("Image", imageFolder: null, inputColumnName: "ImagePath")
            .Append(mlContext.Transforms.ResizeImages("Image", _side, _side))
            .Fit(imagePaths)
            .Transform(imagePaths);
        return [.. images.GetColumn<MLImage>("Image").Select(Classify)];
    }

    public void Dispose() => _session.Dispose();

    private Classification Classify(MLImage image)
    {
        using var input = OrtValue.CreateTensorValueFromMemory(Normalize(image), [1, 3, _side, _side]);
        using var options = new RunOptions();
        using var outputs = _session.Run(options, ["image"], [input], ["Score"]);
        var score = outputs[0].GetTensorDataAsSpan<float>().ToArray();
        return new Classification { Score = score, PredictedClass = _classNames[Array.IndexOf(score, score.Max())] };
    }

    /// <summary>RGB planes [3, S, S] of values (v / 255 - mean) / standard deviation, as the network was trained with.</summary>
    private float[] Normalize(MLImage image)
    {
        var pixels = image.Pixels;
        var planes = new float[3 * _side * _side];
        var red = image.PixelFormat == MLPixelFormat.Bgra32 ? 2 : 0;
        for (var channel = 0; channel < 3; channel++)
            for (var i = 0; i < _side * _side; i++)
            {
                var value = pixels[4 * i + Math.Abs(red - channel)] / 255f;
                planes[channel * _side * _side + i] =
                    (value - _mean[channel]) / _deviation[channel];
            }
        return planes;
    }
}
