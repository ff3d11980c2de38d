using System.Text.Json;
using Microsoft.ML.Conformer;
using WebScoring.Images;
using WebScoring.Model;

namespace WebScoring.Explaining;

/// <summary>
/// Explains one image at a time: others wait in their files' form, so that predictions keep processors and memory. The explainer has
/// weights of its own and is opened by the first request.
/// </summary>
internal sealed class Explanations(UploadDecoder decoder) : IDisposable
{
    /// <summary>What is answered, where the network has it.</summary>
    private static readonly ImageMapKind[] _kinds = [ImageMapKind.ClassActivation, ImageMapKind.Coupled, ImageMapKind.AttentionRollout];

    private readonly SemaphoreSlim _turn = new(1);
    private ImageExplainer? _explainer;
    private string? _whyNone;

    /// <summary>Waits for its turn and explains an image.</summary>
    /// <param name="model">The model.</param>
    /// <param name="file">The image file.</param>
    /// <param name="className">One of the model's classes; null for the most probable one.</param>
    /// <param name="aborted">Canceled when nobody waits for the answer any more.</param>
    /// <exception cref="RefusalException">The model has no explanations, or the image cannot be used.</exception>
    public async Task<ExplainAnswer> ExplainAsync(
        IImageClassifier model, ArraySegment<byte> file, string? className, CancellationToken aborted)
    {
        await _turn.WaitAsync(aborted);
        try
        {
            var explainer = Open(model);
            using var decoded = await decoder.DecodeAsync(file, model.Background, aborted);
            var best = explainer.Explain(decoded.Image);
            return Answer(className is null ? best : best.For(className));
        }
        finally
        {
            _turn.Release();
        }
    }

    public void Dispose()
    {
        _explainer?.Dispose();
        _turn.Dispose();
    }

    private ImageExplainer Open(IImageClassifier model)
    {
        if (_whyNone is null)
        {
            try
            {
                return _explainer ??= model.OpenExplainer();
            }
            catch (InvalidOperationException exception) when (exception is not ObjectDisposedException)
            {
                _whyNone = VisibleText.Reason(exception);
            }
        }
        throw new RefusalException(StatusCodes.Status404NotFound, $"This model has no explanations. {_whyNone}");
    }

    private static ExplainAnswer Answer(ImageExplanation explanation) => float.IsNaN(explanation.Probability)
        ? throw new RefusalException(StatusCodes.Status422UnprocessableEntity, "It cannot be scored.")
        : new ExplainAnswer(explanation.Class, explanation.Probability,
        [
            .. _kinds.Intersect(explanation.Maps.Select(map => map.Kind))
                .Select(kind => new MapAnswer(JsonNamingPolicy.CamelCase.ConvertName($"{kind}"), explanation.ToOverlay(kind))),
        ]);
}
