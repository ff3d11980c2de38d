using Microsoft.ML.Conformer;
using Microsoft.ML.Data;
using WebScoring.Model;

namespace WebScoring.Tests;

/// <summary>The tiny model behind a gate at which batches wait, so that a test decides what is queued meanwhile.</summary>
internal sealed class GatedClassifier : IImageClassifier
{
    private readonly IImageClassifier _model = TinyModel.Open();
    private readonly ManualResetEventSlim _gate = new(initialState: false);
    private readonly List<int> _batches = [];

    public IReadOnlyList<string> ClassNames => _model.ClassNames;

    public int ImageSize => _model.ImageSize;

    public ImageBackground Background => _model.Background;

    /// <summary>The sizes of the batches that have come to the gate.</summary>
    public IReadOnlyList<int> Batches
    {
        get
        {
            lock (_batches)
                return [.. _batches];
        }
    }

    /// <summary>Scores fail from now on, as where ONNX Runtime runs out of memory.</summary>
    public bool Fails { get; set; }

    public void Open() => _gate.Set();

    public IReadOnlyList<float[]> Score(IReadOnlyList<MLImage> images)
    {
        lock (_batches)
            _batches.Add(images.Count);
        if (!_gate.Wait(TestServer.Patience))
            throw new TimeoutException("No test opened the gate.");
        return Fails ? throw new InvalidOperationException("no memory") : _model.Score(images);
    }

    public void Dispose()
    {
        _model.Dispose();
        _gate.Dispose();
    }
}
