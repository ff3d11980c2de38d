using Conformer.Server.Model;
using Microsoft.ML.Conformer;
using Microsoft.ML.Data;

namespace Conformer.Server.Tests;

/// <summary>The tiny model behind a gate at which batches wait, so that a test decides what is queued meanwhile.</summary>
internal sealed class GatedClassifier : IImageModel
{
    private readonly IImageModel _model = TinyModel.Open();
    private readonly ManualResetEventSlim _gate = new(initialState: false), _explainerGate = new(initialState: false);
    private readonly List<int> _batches = [];
    private volatile int _explainersAsked;

    public IReadOnlyList<string> ClassNames => _model.ClassNames;

    public ImageModelFacts Facts => _model.Facts;

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

    /// <summary>How often an explainer was asked for; it waits at a gate of its own.</summary>
    public int ExplainersAsked => _explainersAsked;

    /// <summary>Opens both gates.</summary>
    public void Open()
    {
        _gate.Set();
        OpenExplainers();
    }

    public void OpenScores() => _gate.Set();

    public void OpenExplainers() => _explainerGate.Set();

    public ImageExplainer OpenExplainer()
    {
        Interlocked.Increment(ref _explainersAsked);
        if (!_explainerGate.Wait(Patience.Limit))
            throw new TimeoutException("No test opened the gate.");
        return _model.OpenExplainer();
    }

    public IReadOnlyList<ImageResult> Score(IReadOnlyList<MLImage> images)
    {
        lock (_batches)
            _batches.Add(images.Count);
        if (!_gate.Wait(Patience.Limit))
            throw new TimeoutException("No test opened the gate.");
        return Fails ? throw new InvalidOperationException("no memory") : _model.Score(images);
    }

    public bool IsDisposed { get; private set; }

    public void Dispose()
    {
        IsDisposed = true;
        _model.Dispose();
        _gate.Dispose();
        _explainerGate.Dispose();
    }
}
